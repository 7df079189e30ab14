"""The page: one self-contained HTML file in which every byte is explained."""
