package protocol_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/protocol"
)

// BenchmarkPage fetches pages of 2 KB rows from a real process.
func BenchmarkPage(b *testing.B) {
	p, err := protocol.Dial(b.Context(), protocol.Config{Child: self(b, "good")})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Stop(b.Context())
	s, err := p.Connector.Open(b.Context(), connector.Account{ID: "c1"}, host{})
	if err != nil {
		b.Fatal(err)
	}
	for _, rows := range []int{1, 50, 500} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			req := connector.QueryRequest{Operation: "rows", Page: connector.PageRef{Size: rows}}
			for b.Loop() {
				page, err := s.Query(b.Context(), req)
				if err != nil || bytes.Count(page.Rows, []byte("{")) != rows {
					b.Fatalf("%d bytes, %v", len(page.Rows), err)
				}
				b.SetBytes(int64(len(page.Rows)))
			}
		})
	}
}
