// Package systems is the two connectors of the benchmark: one reads pages of orders
// over HTTP, one posts batches of bills. They do what the least connector does, so
// that the engine is measured and not they.
//
// It may import the standard library, sdk/connector, sdk/fault and sdk/item only.
package systems

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed source.yaml
var source []byte

//go:embed sink.yaml
var sink []byte

// Source is the connector that reads orders.
func Source() connector.Connector { return system{source} }

// Sink is the connector that writes bills.
func Sink() connector.Connector { return system{sink} }

// system implements connector.Connector.
type system struct{ manifest []byte }

// Manifest implements connector.Connector.
func (s system) Manifest() []byte { return s.manifest }

// Open implements connector.Connector.
func (system) Open(_ context.Context, account connector.Account, _ connector.Host) (connector.Session, error) {
	s := &session{http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	if err := account.Read(s); err != nil {
		return nil, err
	}
	return s, nil
}

// session implements connector.Session and connector.Writer.
type session struct {
	Address string `json:"address"`

	http *http.Client
}

// Check implements connector.Session.
func (*session) Check(context.Context) (connector.Health, error) { return connector.Health{}, nil }

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	url := fmt.Sprintf("%s/orders?page_no=%d&page_size=%d", s.Address, req.Page.Number, req.Page.Size)
	body, err := s.call(ctx, http.MethodGet, url, nil)
	if err != nil {
		return connector.Page{}, err
	}
	// What stands around the orders comes first, and the orders are not gone through.
	const before, behind = `"data":{"orders":`, "}}"
	head, rows, found := bytes.Cut(body, []byte(before))
	if !found || !bytes.HasSuffix(rows, []byte(behind)) {
		return connector.Page{}, fault.New("bench.answer", "the source's answer is not what was expected")
	}
	answer := item.Of(append(slices.Clip(head), '}'))
	total, err := strconv.Atoi(answer.Field("total_count").Text())
	if err != nil {
		return connector.Page{}, fault.New("bench.answer", "the source's answer has no total").Because(err)
	}
	return connector.Page{Rows: rows[:len(rows)-len(behind)], Total: total, More: answer.Field("has_next").Text() == "true"}, nil
}

// Numbered stands before a bill's key in the number that the sink gives it.
const Numbered = "XSCK-"

// Write implements connector.Writer. The sink takes whole batches.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	answer, err := s.call(ctx, http.MethodPost, s.Address+"/batch", batch.Rows)
	if err != nil {
		return connector.Answers{}, err
	}
	rows := make([]connector.Answer, len(batch.Keys))
	for i, key := range batch.Keys {
		rows[i] = connector.Answer{Outcome: connector.Done, Number: Numbered + key}
	}
	return connector.Answers{Rows: rows, Raw: answer}, nil
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.http.CloseIdleConnections()
	return nil
}

// call makes one call and reads its whole answer.
func (s *session) call(ctx context.Context, method, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, fault.New("bench.address", "the address is not valid").Classed(fault.Config).Because(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		return nil, fault.New("bench.unreachable", "the system could not be reached").Classed(fault.Transient).Because(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer := make([]byte, max(0, res.ContentLength))
	if _, err = io.ReadFull(res.Body, answer); err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", res.StatusCode)
	}
	if err != nil {
		return nil, fault.New("bench.cut", "the answer is not whole").Classed(fault.Transient).Because(err)
	}
	return answer, nil
}
