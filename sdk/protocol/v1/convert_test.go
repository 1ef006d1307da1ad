package v1_test

import (
	"context"
	"errors"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// same compares what was sent with what arrived: an empty value and an absent one
// are the same on the wire.
var same = cmp.Options{cmpopts.EquateEmpty()}

func draw[T any](t *rapid.T, g *rapid.Generator[T], name string) T { return g.Draw(t, name) }

// Generators are made anew for each test: rapid's are not safe for parallel use.
func words() *rapid.Generator[string]             { return rapid.String() }
func blobs() *rapid.Generator[[]byte]             { return rapid.SliceOf(rapid.Byte()) }
func ints() *rapid.Generator[int]                 { return rapid.Int() }
func lists() *rapid.Generator[[]string]           { return rapid.SliceOf(words()) }
func tables() *rapid.Generator[map[string]string] { return rapid.MapOf(words(), words()) }

// times gives those that the wire can carry; the contract's clocks show no others.
func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "zero") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(-1<<33, 1<<35).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
}

func metas() *rapid.Generator[connector.Meta] {
	return rapid.Custom(func(t *rapid.T) connector.Meta {
		return connector.Meta{TraceID: draw(t, words(), "trace"), RunID: draw(t, words(), "run"), Attempt: draw(t, ints(), "attempt")}
	})
}

func TestQueryCrossesWhole(t *testing.T) {
	t.Parallel()
	var seen connector.QueryRequest
	var page connector.Page
	s := openFull(t, &fakeSession{query: func(_ context.Context, q connector.QueryRequest) (connector.Page, error) {
		seen = q
		return page, nil
	}})
	rapid.Check(t, func(rt *rapid.T) {
		sent := connector.QueryRequest{
			Operation: draw(rt, words(), "operation"), Params: draw(rt, blobs(), "params"), Meta: draw(rt, metas(), "meta"),
			Page: connector.PageRef{
				Number: draw(rt, ints(), "number"), Offset: draw(rt, ints(), "offset"), Size: draw(rt, ints(), "size"),
				Token: string(draw(rt, blobs(), "token")),
			},
		}
		page = connector.Page{
			Rows: draw(rt, blobs(), "rows"), Total: draw(rt, ints(), "total"), More: draw(rt, rapid.Bool(), "more"),
			NextToken: string(draw(rt, blobs(), "next")), SourceTime: draw(rt, times(), "time"), Warnings: draw(rt, lists(), "warnings"),
		}
		got, err := s.Query(t.Context(), sent)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(sent, seen, same); diff != "" {
			rt.Fatalf("request (-sent +seen):\n%s", diff)
		}
		if diff := cmp.Diff(page, got, same); diff != "" {
			rt.Fatalf("page (-sent +got):\n%s", diff)
		}
	})
}

func TestWriteCrossesWhole(t *testing.T) {
	t.Parallel()
	var seen connector.Batch
	var answers connector.Answers
	s := openFull(t, &fakeSession{write: func(_ context.Context, b connector.Batch) (connector.Answers, error) {
		seen = b
		return answers, nil
	}})
	rows := rapid.Custom(func(rt *rapid.T) connector.Answer {
		return connector.Answer{
			Outcome: rapid.SampledFrom([]connector.Outcome{connector.Done, connector.Rejected, connector.Unknown}).Draw(rt, "outcome"),
			ID:      draw(rt, words(), "id"), Number: draw(rt, words(), "number"), Code: draw(rt, words(), "code"), Message: draw(rt, words(), "message"),
			Field: draw(rt, words(), "field"), Warning: draw(rt, words(), "warning"), Raw: draw(rt, blobs(), "raw"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		answers = connector.Answers{Rows: draw(rt, rapid.SliceOfN(rows, 0, 5), "rows"), Raw: draw(rt, blobs(), "answer")}
		sent := connector.Batch{
			Operation: draw(rt, words(), "operation"), Mode: rapid.SampledFrom([]connector.Mode{connector.Create, connector.Update}).Draw(rt, "mode"),
			Params: draw(rt, blobs(), "params"), Rows: draw(rt, blobs(), "batch"), Meta: draw(rt, metas(), "meta"),
		}
		for range answers.Rows {
			sent.Keys = append(sent.Keys, string(draw(rt, blobs(), "key")))
		}
		got, err := s.Write(t.Context(), sent)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(sent, seen, same); diff != "" {
			rt.Fatalf("batch (-sent +seen):\n%s", diff)
		}
		if diff := cmp.Diff(answers, got, same); diff != "" {
			rt.Fatalf("answers (-sent +got):\n%s", diff)
		}
	})
}

func TestProbeCrossesWhole(t *testing.T) {
	t.Parallel()
	var seen connector.ProbeRequest
	var found []connector.Found
	s := openFull(t, &fakeSession{probe: func(_ context.Context, p connector.ProbeRequest) ([]connector.Found, error) {
		seen = p
		return found, nil
	}})
	object := rapid.Custom(func(rt *rapid.T) connector.Found {
		return connector.Found{
			Exists: draw(rt, rapid.Bool(), "exists"), ID: draw(rt, words(), "id"),
			Number: draw(rt, words(), "number"), Object: draw(rt, blobs(), "object"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		found = draw(rt, rapid.SliceOfN(object, 0, 5), "found")
		sent := connector.ProbeRequest{
			Operation: draw(rt, words(), "operation"), Params: draw(rt, blobs(), "params"),
			Compare: draw(rt, lists(), "compare"), Meta: draw(rt, metas(), "meta"),
		}
		for range found {
			sent.Keys = append(sent.Keys, string(draw(rt, blobs(), "key")))
		}
		got, err := s.Probe(t.Context(), sent)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(sent, seen, same); diff != "" {
			rt.Fatalf("request (-sent +seen):\n%s", diff)
		}
		if diff := cmp.Diff(found, got, same); diff != "" {
			rt.Fatalf("found (-sent +got):\n%s", diff)
		}
	})
}

func TestCheckAndDiscoverCrossWhole(t *testing.T) {
	t.Parallel()
	health := connector.Health{SourceTime: time.Date(2026, 3, 1, 8, 0, 0, 5, time.UTC), Account: "北仓"}
	var seen []string
	s := openFull(t, &fakeSession{
		check: func(context.Context) (connector.Health, error) { return health, nil },
		discover: func(_ context.Context, operation, form string) ([]byte, []byte, error) {
			seen = []string{operation, form}
			return []byte(`[{"name":"a"}]`), []byte(`[]`), nil
		},
	})
	got, err := s.Check(t.Context())
	if err != nil || got != health {
		t.Errorf("Check = %v, %v; want %v", got, err, health)
	}
	request, response, err := s.Discover(t.Context(), "batchSave", "SAL_ORDER")
	if err != nil || string(request) != `[{"name":"a"}]` || string(response) != `[]` {
		t.Errorf("Discover = %s, %s, %v", request, response, err)
	}
	if diff := cmp.Diff([]string{"batchSave", "SAL_ORDER"}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestAccountCrossesWhole(t *testing.T) {
	t.Parallel()
	sent := connector.Account{ID: "c9", Settings: []byte(`{"url":"http://127.0.0.1"}`), Secrets: map[string]string{"token": "t-1", "salt": ""}}
	var seen connector.Account
	r := newRig(t, &fakeConnector{open: func(_ context.Context, a connector.Account, _ connector.Host) (connector.Session, error) {
		seen = a
		return &fakeSession{}, nil
	}})
	if _, err := r.client.Open(t.Context(), sent, &fakeHost{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, seen); diff != "" {
		t.Error(diff)
	}
}

func TestFaultCrossesWhole(t *testing.T) {
	t.Parallel()
	var failure *fault.Fault
	s := openFull(t, &fakeSession{check: func(context.Context) (connector.Health, error) {
		return connector.Health{}, failure
	}})
	rapid.Check(t, func(rt *rapid.T) {
		failure = &fault.Fault{
			Code: draw(rt, words(), "code"), Message: draw(rt, words(), "message"), Path: draw(rt, words(), "path"), Hint: draw(rt, words(), "hint"),
			Class: fault.Class(draw(rt, words(), "class")), Args: draw(rt, tables(), "args"),
			RetryAfter: time.Duration(rapid.Int64().Draw(rt, "after")), NotApplied: draw(rt, rapid.Bool(), "unapplied"),
		}
		failure = failure.Answered(draw(rt, blobs(), "answer"))
		_, err := s.Check(t.Context())
		var got *fault.Fault
		if !errors.As(err, &got) {
			rt.Fatalf("%v is not a fault", err)
		}
		if diff := cmp.Diff(failure.Answer(), got.Answer(), same); diff != "" {
			rt.Fatalf("answer (-sent +got):\n%s", diff)
		}
		if diff := cmp.Diff(failure, got, same, cmpopts.IgnoreUnexported(fault.Fault{})); diff != "" {
			rt.Fatalf("fault (-sent +got):\n%s", diff)
		}
	})
}

func TestErrorsOfOtherKindsBecomeFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err  error
		code string
		is   error
	}{
		"plain":    {errors.New("boom"), "internal.unexpected", nil},
		"deadline": {context.DeadlineExceeded, "connector.timeout", context.DeadlineExceeded},
		"cancel":   {context.Canceled, "connector.cancelled", context.Canceled},
		"wrapped":  {errors.Join(errors.New("call"), fault.New("vendor.42", "no")), "vendor.42", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openFull(t, &fakeSession{check: func(context.Context) (connector.Health, error) { return connector.Health{}, c.err }})
			_, err := s.Check(t.Context())
			if fault.CodeOf(err) != c.code {
				t.Errorf("code = %q, want %q", fault.CodeOf(err), c.code)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v does not match %v", err, c.is)
			}
		})
	}
}

// Vendors answer in GBK now and then; one such text must not cost the whole answer.
func TestTextThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	gbk := "\xb5\xa5\xbe\xdd"
	key := "k" + gbk
	var keys []string
	s := openFull(t, &fakeSession{
		write: func(_ context.Context, b connector.Batch) (connector.Answers, error) {
			keys = b.Keys
			return connector.Answers{Rows: []connector.Answer{{Outcome: connector.Rejected, Message: "x" + gbk}}}, nil
		},
		check: func(context.Context) (connector.Health, error) {
			return connector.Health{}, fault.New("vendor.9", "y%s", gbk).Arg("who", gbk)
		},
	})
	answers, err := s.Write(t.Context(), connector.Batch{Keys: []string{key}})
	if err != nil {
		t.Fatal(err)
	}
	if keys[0] != key {
		t.Errorf("key arrived as %q, want %q", keys[0], key)
	}
	if got := answers.Rows[0].Message; got[0] != 'x' || !utf8.ValidString(got) {
		t.Errorf("message = %q", got)
	}
	_, err = s.Check(t.Context())
	if fault.CodeOf(err) != "vendor.9" {
		t.Errorf("err = %v, want vendor.9", err)
	}
}
