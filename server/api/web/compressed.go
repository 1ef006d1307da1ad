package web

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// minPacked is the size, in bytes, below which packing an answer gains nothing.
const minPacked = 1 << 10

// Compressed packs JSON answers for clients that ask for it. Event streams stay
// plain, because each event has to leave at once. The lengths of packed answers
// tell nothing: an attacker would need a secret beside text of their choice, but
// stored secrets are write-only, a session's is in a header, and a new token is
// shown once in an answer that is too short to be packed.
func Compressed(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minPacked), gzhttp.EnableZstd(false), gzhttp.ContentTypes([]string{"application/json"}))
	if err != nil {
		return nil, err
	}
	return wrap(next), nil
}
