package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/plugins/http/internal/api"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Write implements connector.Writer: one row is one call, whose body it is.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if !slices.Contains([]string{writeKeyed, writeRepeated, writeChecked, writeUnchecked}, batch.Operation) {
		return connector.Answers{}, unknown(batch.Operation)
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	if len(rows) != 1 || len(batch.Keys) != 1 || item.Of(rows[0]).Kind() != item.Object {
		return connector.Answers{}, fault.New("http.row_invalid", "a call sends one row, an object").Classed(fault.Data).Unapplied()
	}
	row, key, p := item.Of(rows[0]), batch.Keys[0], params{item.Of(batch.Params)}
	if batch.Operation == writeChecked && p.text("probePath", "") == "" {
		return connector.Answers{}, probeMissing().Unapplied()
	}
	c, err := s.writeCall(p, batch, row, key)
	if err != nil {
		return connector.Answers{}, err
	}
	answer, err := s.api.Do(ctx, c)
	if err != nil {
		return connector.Answers{}, err
	}
	return connector.Answers{Rows: []connector.Answer{s.done(answer, p, key)}}, nil
}

// writeCall makes the call of a row.
func (s *session) writeCall(p params, batch connector.Batch, row item.Value, key string) (api.Call, error) {
	usual := http.MethodPost
	if batch.Operation == writeRepeated {
		usual = http.MethodPut
	}
	c, err := p.call(usual, func(name string) (item.Value, bool) {
		if name == "key" {
			return item.Of(item.AppendText(nil, key)), true
		}
		v := row.Path(name)
		return v, v.Kind() != item.None
	})
	if err != nil {
		return c, err
	}
	if c.Write = true; batch.Operation == writeKeyed {
		if key == "" {
			return c, fault.New("http.key_missing", "the row has no key, by which the interface could know it again").Classed(fault.Data).Unapplied()
		}
		c.Header.Set(p.text("keyHeader", "Idempotency-Key"), s.idempotency(batch, key))
	}
	if c.Method != http.MethodDelete {
		c.Body = row.Raw()
		if wrap := p.text("wrap", ""); wrap != "" {
			if c.Body, err = item.Put([]byte("{}"), wrap, row.Raw()); err != nil {
				return c, fault.From(err).Classed(fault.Config).Unapplied()
			}
		}
	}
	return c, nil
}

// idempotency names a call: the same for the same row of the same document, so that the
// interface knows it when it is sent again, and another one for another row, which the
// interface would have to refuse under the same name.
func (s *session) idempotency(batch connector.Batch, key string) string {
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(s.account), []byte(batch.Operation), batch.Params, []byte(key), batch.Rows} {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(part))) // a hash takes everything
		_, _ = hash.Write(part)
	}
	return "karez-" + hex.EncodeToString(hash.Sum(nil)[:16])
}

// maxKept is the most bytes of an answer that are kept with the delivery.
const maxKept = 64 << 10

// done reads the answer to a row that was taken. One that says nothing of the object is
// known by the place where it was made, or by the key that it was sent with.
func (s *session) done(answer api.Answer, p params, key string) connector.Answer {
	a := connector.Answer{Outcome: connector.Done}
	if at := p.text("idPath", ""); at != "" {
		a.ID = answer.Body.Path(at).Text()
	}
	if at := p.text("numberPath", ""); at != "" {
		a.Number = answer.Body.Path(at).Text()
	}
	if a.ID == "" && a.Number == "" {
		if u, err := url.Parse(answer.Header.Get("Location")); err == nil && answer.Status == http.StatusCreated {
			a.ID = u.Path[strings.LastIndexByte(u.Path, '/')+1:]
		}
	}
	if a.ID == "" && a.Number == "" {
		a.Number = key
	}
	if a.ID == "" && a.Number == "" {
		a.ID = "HTTP " + strconv.Itoa(answer.Status) // nothing names it, and the interface took it
	}
	if raw := answer.Body.Raw(); len(raw) > 0 && len(raw) <= maxKept {
		if hidden := []byte(s.api.HTTP.Redact(string(raw))); item.Check(hidden) == nil {
			a.Raw = hidden
		}
	}
	return a
}

func probeMissing() *fault.Fault {
	return fault.New("http.probe_missing", "nothing says how an object is looked up by its key").At("probePath").Classed(fault.Config).
		Hinted("give the path of a query that finds it, for example /orders/{key}, or choose a write that needs none")
}

// Probe implements connector.Prober: each key is looked up by a call of its own.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if req.Operation != writeChecked {
		return nil, unknown(req.Operation)
	}
	p := params{item.Of(req.Params)}
	found := make([]connector.Found, len(req.Keys))
	for n, key := range req.Keys {
		var err error
		if found[n], err = s.find(ctx, p, key); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *session) find(ctx context.Context, p params, key string) (connector.Found, error) {
	path, query, _ := strings.Cut(p.text("probePath", ""), "?")
	if path == "" {
		return connector.Found{}, probeMissing()
	}
	absent := p.text("probeAbsent", "404,410")
	c := api.Call{
		Method: http.MethodGet, Path: path, Header: http.Header{}, Rules: api.Rules{Statuses: "200-299," + absent},
		Value: func(name string) (item.Value, bool) {
			if name == "key" {
				return item.Of(item.AppendText(nil, key)), true
			}
			return p.value(name)
		},
	}
	var err error
	if c.Header, err = p.headers(); err != nil {
		return connector.Found{}, err
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			c.Query = append(c.Query, api.Parameter{Name: name, Value: strings.ReplaceAll(value, "{key}", key)})
		}
	}
	answer, err := s.api.Do(ctx, c)
	if err != nil {
		return connector.Found{}, err
	}
	if (api.Rules{Statuses: absent}).Accepts(answer.Status) {
		return connector.Found{}, nil
	}
	object := answer.Body.Path(p.text("probeObject", ""))
	if object.Kind() == item.Array {
		var first item.Value
		n := 0
		for e := range object.Elements() {
			if n++; n == 1 {
				first = e
			}
		}
		if n > 1 {
			return connector.Found{}, fault.New("http.probe_ambiguous", "the look-up of %q gives %d objects", key, n).At("probePath").Classed(fault.Config).
				Hinted("the look-up has to give the one object with the key, or none")
		}
		object = first
	}
	if object.Kind() == item.None || object.Kind() == item.Null {
		return connector.Found{}, nil
	}
	if object.Kind() != item.Object {
		return connector.Found{}, fault.New("http.probe_unreadable", "what the look-up gives is no object").At("probeObject").Classed(fault.Config)
	}
	return connector.Found{Exists: true, Number: key, Object: object.Raw()}, nil
}
