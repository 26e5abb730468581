"""What happens to findings after the rules: one a span, a fingerprint each, and what comments suppress."""
