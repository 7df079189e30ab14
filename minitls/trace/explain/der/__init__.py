"""DER taken apart: every tag, length and value of a certificate, by the structures of RFC 5280."""
