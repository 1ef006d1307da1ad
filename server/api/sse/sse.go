// Package sse writes streams of server-sent events, and has the routes by which clients
// watch something until it is over.
//
// It may import huma, server/api/rest and engine/ledger: never a service or a store.
package sse

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Event is one message. Seq grows within a stream and over its reconnects.
type Event struct {
	Seq  int64     `json:"seq"`
	Type string    `json:"type"`
	At   time.Time `json:"at"`
	Data any       `json:"data"`
}

const (
	heartbeat    = 15 * time.Second
	writeTimeout = 10 * time.Second
)

// Stream answers with events until the channel is closed or the client is gone.
// The channel's owner watches ctx of the request to know that.
func Stream(events <-chan Event) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "text/event-stream; charset=utf-8")
		c.SetHeader("Cache-Control", "no-store")
		c.SetHeader("X-Accel-Buffering", "no")
		c.SetStatus(http.StatusOK)
		w := c.BodyWriter().(http.ResponseWriter) //nolint:forcetypeassert // the only adapter is gin's
		copyEvents(c.Context(), w, events)
	}}
}

func copyEvents(ctx context.Context, w http.ResponseWriter, events <-chan Event) {
	out := http.NewResponseController(w)
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	// The first bytes tell the client that it is connected.
	for text := ": connected\n\n"; ; {
		if out.SetWriteDeadline(deadline()) != nil {
			return
		}
		if _, err := w.Write([]byte(text)); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			text = ": alive\n\n"
		case e, open := <-events:
			if !open {
				return
			}
			data, err := json.Marshal(e)
			if err != nil {
				return
			}
			text = fmt.Sprintf("id: %d\ndata: %s\n\n", e.Seq, data)
		}
	}
}

func deadline() time.Time { return time.Now().Add(writeTimeout) } //nolint:forbidigo // a socket's deadline is real time

// Described describes an operation that answers with events.
func Described(o huma.Operation) huma.Operation {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "Each data line is {seq,type,at,data}; the id line is seq",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	return o
}

// Relay turns what a service tells into events, until its channel is closed or the
// request is over.
func Relay[T any](ctx context.Context, in <-chan T, event func(T) Event) <-chan Event {
	out := make(chan Event, 1)
	go func() {
		defer close(out)
		for v := range in {
			select {
			case out <- event(v):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
