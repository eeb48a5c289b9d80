"""Figures of small panels: what each shows, a `Sheet`, and how a library draws any of them."""
