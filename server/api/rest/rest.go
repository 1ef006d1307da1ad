// Package rest holds what the areas of the interface share: how an operation is
// described, what a request is known by, and how answers, lists and problems look.
//
// It may import huma, server/access, server/api/problem and engine/ledger: never a
// service, a store or gin.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/api/problem"
)

// MaxBodyBytes is the largest body of a request.
const MaxBodyBytes = 32 << 20

// About is what a request is known by: its number, the language of its reader and
// the address it came from.
type About struct{ ID, Language, Client string }

type aboutKey struct{}

// WithAbout gives the context of a request.
func WithAbout(ctx context.Context, a About) context.Context {
	return context.WithValue(ctx, aboutKey{}, a)
}

// AboutOf tells what the request of a context is known by.
func AboutOf(ctx context.Context) About {
	a, _ := ctx.Value(aboutKey{}).(About)
	return a
}

// Kit is what every handler needs.
type Kit struct {
	// Words are the sentences in other languages.
	Words *problem.Words
	log   *slog.Logger
}

// NewKit makes a Kit.
func NewKit(words *problem.Words, log *slog.Logger) *Kit { return &Kit{words, log} }

// Problem makes the answer for an error. Internal ones end here, so they are logged.
func (k *Kit) Problem(ctx context.Context, err error) *problem.Problem {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p
	}
	a := AboutOf(ctx)
	p, internal := problem.Of(err, k.Words, a.Language)
	p.RequestID = a.ID
	if internal && ctx.Err() == nil {
		k.log.LogAttrs(ctx, slog.LevelError, "a request failed", slog.String("request", a.ID), slog.Any("error", err))
	}
	return p
}

// Handle turns a handler's errors into problem documents.
func Handle[I, O any](k *Kit, fn func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, k.Problem(ctx, err)
		}
		return out, nil
	}
}

// Body is an answer that is nothing but its body.
type Body[T any] struct{ Body T }

// Answer gives a body, or the error.
func Answer[T any](v T, err error) (*Body[T], error) {
	if err != nil {
		return nil, err
	}
	return &Body[T]{v}, nil
}

// List is a page of things. Next is the cursor of the page after it, "" at the end.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// Listed makes a page.
func Listed[T, V any](items []T, next string, view func(T) V) List[V] {
	page := List[V]{Items: make([]V, len(items)), Next: next}
	for i, item := range items {
		page.Items[i] = view(item)
	}
	return page
}

// Paging are the query parameters of every list.
type Paging struct {
	After string `query:"after" doc:"The cursor that the page before gave as next"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// IDInput names an object whose id is a number inside.
type IDInput struct {
	ID string `path:"id"`
}

// Number gives the id; what is none names nothing.
func (in *IDInput) Number() (ledger.ID, error) {
	n, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil || n <= 0 {
		return 0, access.Missing()
	}
	return ledger.ID(n), nil
}

// IDOnce names the object of an order that is carried out once, however often it is sent.
type IDOnce struct {
	IDInput
	Once
}

// Once is an order that is carried out once, however often it is sent.
type Once struct {
	OrderKey string `header:"Idempotency-Key" maxLength:"128" doc:"Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week."`
}

// IDOrder is an order that says no more than what it is about. Its body may be left
// out; like every body it has no members that nobody reads.
type IDOrder struct {
	IDInput

	Body *struct{}
}

// Op describes an operation. Status 0 means 200.
func Op(method, path, id, summary string, status int) huma.Operation {
	tag, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, DefaultStatus: status, Tags: []string{tag}, MaxBodyBytes: MaxBodyBytes}
}

// IDText writes an id as the interface does.
func IDText(id ledger.ID) string { return strconv.FormatInt(int64(id), 10) }

// When gives an instant for JSON, nil for none.
func When(at ledger.Millis) *time.Time {
	if at == 0 {
		return nil
	}
	t := at.Time().UTC()
	return &t
}

// Moment is the way back from When: 0 for none.
func Moment(at time.Time) ledger.Millis {
	if at.IsZero() {
		return 0
	}
	return ledger.At(at)
}

// Raw gives stored bytes as JSON: what a vendor sent that is no JSON becomes a text.
func Raw(body []byte) json.RawMessage {
	if len(body) == 0 || json.Valid(body) {
		return body
	}
	text, err := json.Marshal(string(body))
	if err != nil {
		return nil
	}
	return text
}
