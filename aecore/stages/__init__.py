"""Autoencoders whose training has several stages, or memories: more than network × bottleneck × objective."""
