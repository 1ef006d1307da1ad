package product_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/server/access"
)

// plainly is how requests get an answer as it comes over the wire.
func plainly() http.RoundTripper {
	return &http.Transport{DisableCompression: true, DisableKeepAlives: true}
}

// request asks for a path in an encoding.
func (h *house) request(ctx context.Context, path, encoding, token string) *http.Request {
	h.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/api/v1"+path, nil)
	h.must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	if encoding != "" {
		req.Header.Set("Accept-Encoding", encoding)
	}
	return req
}

// wire gives an answer's header and the bytes that were sent.
func (h *house) wire(path, encoding, token string) (http.Header, []byte) {
	h.t.Helper()
	res, err := plainly().RoundTrip(h.request(h.t.Context(), path, encoding, token))
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	h.must(err)
	return res.Header, text
}

func TestAnswersArePackedForThoseWhoAsk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.token(1, access.Admin)
	header, whole := h.wire("/catalog/nodes", "", token)
	if got := header.Get("Content-Encoding"); got != "" || !json.Valid(whole) {
		t.Fatalf("nobody asked for %q: %.100s", got, whole)
	}
	header, packed := h.wire("/catalog/nodes", "br, zstd, gzip", token)
	if header.Get("Content-Encoding") != "gzip" || header.Get("Vary") != "Accept-Encoding" || len(packed)*2 > len(whole) {
		t.Fatalf("%v, %d bytes for %d", header, len(packed), len(whole))
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	h.must(err)
	if unpacked, err := io.ReadAll(r); err != nil || !bytes.Equal(unpacked, whole) {
		t.Errorf("unpacked to %.100s, %v", unpacked, err)
	}
	for _, path := range []string{"/session", "/flows/nothing"} { // short, and a problem document
		if header, text := h.wire(path, "gzip", token); header.Get("Content-Encoding") != "" || !json.Valid(text) {
			t.Errorf("%s came as %v", path, header)
		}
	}
}

// A client that takes gzip still gets each event when it happens, as it is.
func TestEventsAreSentAtOnceAndPlain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	res, err := plainly().RoundTrip(h.request(ctx, "/events", "gzip", h.token(1, access.Admin)))
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	if res.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%v", res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return text
			}
		}
		t.Fatalf("the stream ended before %q: %v", prefix, lines.Err())
		return ""
	}
	next(": connected")
	// Each one is read before the next one happens, so none can have waited for more.
	for _, change := range []string{"published", "enabled", "disabled"} {
		h.e.Events.Flow(ctx, 1, "a-flow-of-ours", change)
		if data := next("data: "); !strings.Contains(data, change) {
			t.Errorf("%s is told as %s", change, data)
		}
	}
}
