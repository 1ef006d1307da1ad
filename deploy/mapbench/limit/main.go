// Command limit does what the benchmark's flow does and nothing around it: no ledger,
// no retries, no connector processes. The product is measured beside it. It reads pages
// from $SRC and posts batches of 50 to $SINK, with the codes of $CODES; $PAGES is how
// many pages there are.
//
//	limit             structs read and written by sonic
//	limit -mode std   structs read and written by encoding/json
//
// It may import deploy/bench/orders, deploy/mapbench/trade and sonic only.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/bytedance/sonic"
	"golang.org/x/sync/errgroup"

	"github.com/karezflow/karez/deploy/bench/orders"
	"github.com/karezflow/karez/deploy/mapbench/trade"
)

const (
	readers = 2
	writers = 4
	rows    = 50
)

// dropped is the status of orders that the flow's filter stops.
const dropped = "5"

func main() {
	mode := flag.String("mode", "sonic", "sonic or std")
	flag.Parse()
	m := &mover{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: readers + writers}}, read: sonic.Unmarshal, write: sonic.Marshal}
	if *mode == "std" {
		m.read, m.write = json.Unmarshal, json.Marshal
	}
	if err := m.run(context.Background(), os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "limit:", err)
		os.Exit(1)
	}
}

type mover struct {
	client *http.Client
	read   func([]byte, any) error
	write  func(any) ([]byte, error)
	codes  map[string]string
}

func (m *mover) run(ctx context.Context, env func(string) string) error {
	pages, err := strconv.Atoi(env("PAGES"))
	if err != nil {
		return err
	}
	codes, err := m.call(ctx, http.MethodGet, env("CODES"), nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(codes, &m.codes); err != nil {
		return err
	}
	numbers, batches := make(chan int), make(chan []byte, 2*writers)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(numbers)
		for no := range pages {
			select {
			case numbers <- no + 1:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	reading, inner := errgroup.WithContext(ctx)
	for range readers {
		reading.Go(func() error { return m.reader(inner, env("SRC"), numbers, batches) })
	}
	g.Go(func() error {
		defer close(batches)
		return reading.Wait()
	})
	for range writers {
		g.Go(func() error {
			for batch := range batches {
				if _, err := m.call(ctx, http.MethodPost, env("SINK"), batch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// page is a page of the source.
type page struct {
	Data struct {
		Orders []trade.Trade `json:"orders"`
	} `json:"data"`
}

// reader fetches pages and maps their orders until there is none left.
func (m *mover) reader(ctx context.Context, from string, numbers <-chan int, batches chan<- []byte) error {
	var bills []*orders.Bill
	for no := range numbers {
		body, err := m.call(ctx, http.MethodGet, fmt.Sprintf("%s?page_size=%d&page_no=%d", from, orders.Page, no), nil)
		if err != nil {
			return err
		}
		var p page
		if err := m.read(body, &p); err != nil {
			return err
		}
		for i := range p.Data.Orders {
			order := &p.Data.Orders[i]
			if order.Status == dropped {
				continue
			}
			bill := order.Bill()
			bill.FStockOrgID = m.codes[bill.FStockOrgID]
			if bills = append(bills, bill); len(bills) == rows {
				if err := m.flush(ctx, bills, batches); err != nil {
					return err
				}
				bills = bills[:0]
			}
		}
	}
	return m.flush(ctx, bills, batches)
}

func (m *mover) flush(ctx context.Context, bills []*orders.Bill, batches chan<- []byte) error {
	if len(bills) == 0 {
		return nil
	}
	batch, err := m.write(bills)
	if err != nil {
		return err
	}
	select {
	case batches <- batch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *mover) call(ctx context.Context, method, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer := make([]byte, max(0, res.ContentLength))
	if _, err := io.ReadFull(res.Body, answer); err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d", url, res.StatusCode)
	}
	return answer, nil
}
