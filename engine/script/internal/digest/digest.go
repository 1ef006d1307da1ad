// Package digest makes the checksums and signatures that vendors ask for. None of
// them protects anything here: scripts sign what they send.
//
// It may import the standard library only.
package digest

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // vendors sign with it
	"crypto/sha1" //nolint:gosec // vendors sign with it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Sum gives the checksum of a text: md5, sha1 or sha256. ok is false of another name.
func Sum(name, text string) (sum []byte, ok bool) {
	switch name {
	case "md5":
		s := md5.Sum([]byte(text)) //nolint:gosec // vendors sign with it
		return s[:], true
	case "sha1":
		s := sha1.Sum([]byte(text)) //nolint:gosec // vendors sign with it
		return s[:], true
	case "sha256":
		s := sha256.Sum256([]byte(text))
		return s[:], true
	default:
		return nil, false
	}
}

// HMAC gives the keyed SHA-256 checksum of a text.
func HMAC(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	_, _ = h.Write([]byte(text)) // a hash never fails
	return h.Sum(nil)
}

// Encode writes bytes as "hex" (small letters; also "") or "base64".
func Encode(sum []byte, as string) (string, error) {
	switch as {
	case "", "hex":
		return hex.EncodeToString(sum), nil
	case "base64":
		return base64.StdEncoding.EncodeToString(sum), nil
	default:
		return "", fmt.Errorf("%q is no encoding: hex or base64", as)
	}
}

// UUID gives the name-based UUID (version 5 of RFC 9562) of a name in a namespace,
// which is a UUID or one of dns, url, oid and x500.
func UUID(namespace, name string) (string, error) {
	known := map[string]string{
		"dns": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "url": "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
		"oid": "6ba7b812-9dad-11d1-80b4-00c04fd430c8", "x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
	}
	if is, ok := known[namespace]; ok {
		namespace = is
	}
	space, err := hex.DecodeString(strings.ReplaceAll(namespace, "-", ""))
	if err != nil || len(space) != 16 || len(namespace) != 36 {
		return "", errors.New("the namespace of a UUID is a UUID, or dns, url, oid or x500")
	}
	sum := sha1.Sum(append(space, name...)) //nolint:gosec // the standard says so
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x50, id[8]&0x3f|0x80
	h := hex.EncodeToString(id)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}
