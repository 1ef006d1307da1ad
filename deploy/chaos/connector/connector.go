// Command connector is the connector of the fakes of deploy/chaos/world. It runs in
// the harness's engines only and is never shipped.
//
// It may import the standard library and the sdk only.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

//go:embed manifest.yaml
var manifestYAML string

// system implements connector.Connector.
type system struct{}

// Manifest implements connector.Connector.
func (system) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (system) Open(_ context.Context, account connector.Account, _ connector.Host) (connector.Session, error) {
	s := &session{http: &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, MaxIdleConnsPerHost: 8},
	}}
	if err := account.Read(s); err != nil {
		return nil, err
	}
	return s, nil
}

// session implements connector.Session, connector.Writer and connector.Prober.
type session struct {
	Address string `json:"address"`

	http *http.Client
}

// Check implements connector.Session.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	var answer struct {
		Now int64 `json:"now"`
	}
	err := s.call(ctx, "now", map[string]any{}, &answer)
	return connector.Health{SourceTime: time.Unix(answer.Now, 0)}, err
}

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	var asked struct {
		From  json.Number `json:"from"`
		To    json.Number `json:"to"`
		Page  json.Number `json:"page"`
		Skip  json.Number `json:"skip"`
		Size  json.Number `json:"size"`
		Token string      `json:"token"`
	}
	if err := json.Unmarshal(req.Params, &asked); err != nil {
		return connector.Page{}, fault.New("request.invalid", "the request cannot be read").Classed(fault.Config).Because(err)
	}
	body := map[string]any{"token": asked.Token}
	for name, value := range map[string]json.Number{"from": asked.From, "to": asked.To, "page": asked.Page, "skip": asked.Skip, "size": asked.Size} {
		if value != "" {
			body[name] = value
		}
	}
	var answer struct {
		Rows  json.RawMessage `json:"rows"`
		Total int             `json:"total"`
		More  bool            `json:"more"`
		Next  string          `json:"next"`
		Now   int64           `json:"now"`
	}
	if err := s.call(ctx, "query", body, &answer); err != nil {
		return connector.Page{}, err
	}
	return connector.Page{Rows: answer.Rows, Total: answer.Total, More: answer.More, NextToken: answer.Next, SourceTime: time.Unix(answer.Now, 0)}, nil
}

// rowAnswer is what the system answers for a row.
type rowAnswer struct {
	No      string `json:"no"`
	Code    int    `json:"code"`
	ID      string `json:"id"`
	Message string `json:"message"`
}

// Write implements connector.Writer. Rows are told apart by their number, not by their place.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	path, key := "write", "no"
	if batch.Operation == "orders.mark" {
		path, key = "mark", "id"
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(batch.Rows, &rows); err != nil {
		return connector.Answers{}, fault.New("request.invalid", "the rows cannot be read").Classed(fault.Data).Unapplied().Because(err)
	}
	var answer struct {
		Code    int         `json:"code"`
		Message string      `json:"message"`
		Rows    []rowAnswer `json:"rows"`
	}
	if err := s.call(ctx, path, map[string]any{"rows": json.RawMessage(batch.Rows)}, &answer); err != nil {
		return connector.Answers{}, err
	}
	if answer.Code != 0 {
		return connector.Answers{}, fault.New("vendor."+strconv.Itoa(answer.Code), "%s", answer.Message).Classed(fault.Transient).Unapplied()
	}
	named := map[string]rowAnswer{}
	for _, a := range answer.Rows {
		named[a.No] = a
	}
	answers := connector.Answers{Rows: make([]connector.Answer, len(rows))}
	for i, row := range rows {
		var no string
		_ = json.Unmarshal(row[key], &no) // a row without a number is not named
		a, ok := named[no]
		switch {
		case !ok:
			answers.Rows[i] = connector.Answer{Outcome: connector.Unknown}
		case a.Code != 0:
			answers.Rows[i] = connector.Answer{Outcome: connector.Rejected, Code: strconv.Itoa(a.Code), Message: a.Message}
		default:
			answers.Rows[i] = connector.Answer{Outcome: connector.Done, ID: a.ID, Number: a.ID}
		}
	}
	return answers, nil
}

// Probe implements connector.Prober.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	var answer struct {
		Objects map[string]json.RawMessage `json:"objects"`
	}
	if err := s.call(ctx, "probe", map[string]any{"keys": req.Keys}, &answer); err != nil {
		return nil, err
	}
	found := make([]connector.Found, len(req.Keys))
	for i, key := range req.Keys {
		object, ok := answer.Objects[key]
		if !ok {
			continue
		}
		var named struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(object, &named); err != nil {
			return nil, broken(err)
		}
		found[i] = connector.Found{Exists: true, ID: named.ID, Number: named.ID, Object: object}
	}
	return found, nil
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.http.CloseIdleConnections()
	return nil
}

// patience is how long the system may take to answer.
const patience = 2 * time.Second

// maxAnswer bounds an answer.
const maxAnswer = 32 << 20

// call posts a request. An error is marked Unapplied only where the system said so or
// could not be reached.
func (s *session) call(ctx context.Context, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fault.New("request.invalid", "the request cannot be written").Classed(fault.Config).Unapplied().Because(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.Address, "/")+"/"+path, strings.NewReader(string(text)))
	if err != nil {
		return fault.New("connection.address_invalid", "the address is not a URL").Classed(fault.Config).Unapplied().Because(err)
	}
	// A request that is sent again by itself when a connection was cut would be a second write.
	req.GetBody = nil
	res, err := s.http.Do(req)
	if err != nil {
		return broken(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read or is of no use
	if res.StatusCode != http.StatusOK {
		return refused(res)
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, res.Body, maxAnswer)).Decode(into); err != nil {
		return broken(err)
	}
	return nil
}

// refused makes a fault of a status: the system does nothing when it answers so.
func refused(res *http.Response) error {
	f := fault.New("vendor."+strconv.Itoa(res.StatusCode), "the system answered %s", res.Status).Classed(fault.Transient).Unapplied()
	if res.StatusCode == http.StatusTooManyRequests {
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // none asks for no time
		f = f.Classed(fault.Rate).After(time.Duration(seconds) * time.Second)
	}
	return f
}

// broken makes a fault of an answer that did not come whole: nobody knows what was done,
// unless there was nobody to talk to.
func broken(err error) error {
	f := fault.New("http.cut", "the answer did not come").Classed(fault.Transient).Because(err)
	var op *net.OpError
	if asDial(err, &op) {
		return f.Unapplied()
	}
	return f
}

// asDial reports whether an error is one of making the connection.
func asDial(err error, op **net.OpError) bool {
	return errors.As(err, op) && (*op).Op == "dial"
}
