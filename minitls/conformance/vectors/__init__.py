"""Vectors: minitls against published numbers, our own files and those of others."""
