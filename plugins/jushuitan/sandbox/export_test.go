package sandbox

// Signature is how the sandbox signs, for the published vectors.
func Signature(secret string, form map[string]string) string { return signature(secret, form) }
