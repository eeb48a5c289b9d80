"""Kubernetes manifests of a sweep: composed from ``k8s/``, filled from its recipe, checked.

::

    kustomization   the files of k8s/ as kubectl kustomize composes them, for what they use of it
    rendering       those objects, made to run one recipe
    rules           what KubeRay and Kueue refuse later, found before anything is applied
"""
