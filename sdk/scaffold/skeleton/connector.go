package main

import (
	"bytes"
	"context"
	_ "embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifestYAML []byte

// The operations of the manifest.
const (
	listOrders = "order.list"
	saveOrder  = "order.save"
)

// system implements connector.Connector.
type system struct{ clock func() time.Time }

func newSystem(clock func() time.Time) *system { return &system{clock} }

// Manifest implements connector.Connector.
func (*system) Manifest() []byte { return manifestYAML }

// Open implements connector.Connector. It makes no call.
func (s *system) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	var settings struct {
		Address string `json:"address"`
	}
	if err := account.Read(&settings); err != nil {
		return nil, err
	}
	key := account.Secrets["apiKey"]
	return &session{http: erphttp.New(host, s.clock, key), address: strings.TrimRight(settings.Address, "/"), key: key}, nil
}

// session implements connector.Session, Writer and Prober.
type session struct {
	http    *erphttp.Client
	address string
	key     string
}

// Check implements connector.Session: the cheapest call that proves the key.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	reply, answer, err := s.call(ctx, http.MethodGet, "/account", nil)
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: reply.Date, Account: answer.Field("name").Text()}, nil
}

// Query implements connector.Session: one page, with the parameters as the engine made them.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if req.Operation != listOrders {
		return connector.Page{}, unknown(req.Operation)
	}
	query := url.Values{}
	params := item.Of(req.Params)
	for _, name := range []string{"changed_from", "changed_to", "number", "page", "per_page"} {
		if text := params.Field(name).Text(); text != "" {
			query.Set(name, text)
		}
	}
	reply, answer, err := s.call(ctx, http.MethodGet, "/orders?"+query.Encode(), nil)
	if err != nil {
		return connector.Page{}, err
	}
	// The rows stay as the system wrote them: no number passes through a float.
	page := connector.Page{Rows: answer.Field("orders").Raw(), Total: -1, SourceTime: reply.Date}
	if total, err := strconv.Atoi(answer.Field("total").Text()); err == nil {
		page.Total = total
	}
	return page, nil
}

// Write implements connector.Writer: the manifest allows one row a call.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if batch.Operation != saveOrder {
		return connector.Answers{}, unknown(batch.Operation)
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil || len(rows) != 1 {
		return connector.Answers{}, fault.New("sample.rows", "one order is written at a time").Classed(fault.Config).Unapplied()
	}
	_, answer, err := s.call(ctx, http.MethodPost, "/orders", rows[0])
	if err != nil {
		// The system's own refusal is about the row. Anything else, a cut connection for
		// example, tells nothing about it: the engine looks the order up by its number.
		if f := fault.From(err); strings.HasPrefix(f.Code, "vendor.") && f.NotApplied && f.Class == "" {
			return connector.Answers{Rows: []connector.Answer{{Outcome: connector.Rejected, Code: f.Code, Message: f.Message, Field: f.Path}}}, nil
		}
		return connector.Answers{}, err
	}
	return connector.Answers{Rows: []connector.Answer{{
		Outcome: connector.Done, ID: answer.Field("id").Text(), Number: answer.Field("number").Text(), Raw: answer.Raw(),
	}}, Raw: answer.Raw()}, nil
}

// Probe implements connector.Prober.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if req.Operation != saveOrder {
		return nil, unknown(req.Operation)
	}
	found := make([]connector.Found, len(req.Keys))
	for i, number := range req.Keys {
		_, order, err := s.call(ctx, http.MethodGet, "/orders/"+url.PathEscape(number), nil)
		if fault.CodeOf(err) == "vendor.not_found" {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[i] = connector.Found{Exists: true, ID: order.Field("id").Text(), Number: number, Object: order.Raw()}
	}
	return found, nil
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.http.Close()
	return nil
}

// call makes one call. What the system refuses comes as "vendor.<its code>" with its words.
func (s *session) call(ctx context.Context, method, path string, body []byte) (*erphttp.Reply, item.Value, error) {
	header, contentType := http.Header{"Authorization": {"Bearer " + s.key}}, ""
	if len(body) > 0 {
		contentType = "application/json"
	}
	reply, err := s.http.Do(ctx, method, s.address+path, contentType, header, body)
	if reply == nil {
		return nil, item.Value{}, err
	}
	raw, unreadable := reply.JSON()
	if unreadable != nil {
		if err == nil {
			err = unreadable
		}
		return nil, item.Value{}, err
	}
	answer := item.Of(bytes.Clone(raw))
	if code := answer.Field("code").Text(); err != nil && code != "" {
		f := fault.New("vendor."+code, "%s", s.http.Redact(answer.Field("message").Text())).At(answer.Field("field").Text())
		if reply.Status < http.StatusInternalServerError {
			f = f.Unapplied()
		}
		return nil, item.Value{}, f.After(fault.From(err).RetryAfter)
	}
	return reply, answer, err
}

func unknown(operation string) *fault.Fault {
	return fault.New("sample.unknown_operation", "there is no operation %s", operation).Classed(fault.Config).Unapplied()
}
