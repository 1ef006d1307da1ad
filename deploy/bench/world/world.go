// Package world is the two systems between which the benchmark's flow runs: a source
// that serves pages of orders, and a sink that takes bills and afterwards tells
// whether every one of them came, once, and as it should be.
//
// It may import the standard library and deploy/bench/orders only.
package world

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/deploy/bench/orders"
)

// every is how many batches pass for one whose bills are compared field by field.
const every = 20

// World serves both systems on one address. One run uses it at a time.
type World struct {
	clock  func() time.Time
	server *http.Server
	url    string
	pages  [][]byte
	codes  []byte

	mu    sync.Mutex
	first int // number of the first order of the run
	docs  int
	// seen counts the bills of each order; kept are the batches to be compared.
	seen       []uint8
	kept       [][]byte
	batches    int
	strange    []string
	begun, end time.Time
	onBegin    func()

	left atomic.Int64
	done chan struct{}
}

// New starts the systems on an address of loopback.
func New(ctx context.Context, clock func() time.Time) (*World, error) {
	w := &World{clock: clock}
	for n := 0; n < orders.Kinds; n += orders.Page {
		var page []byte
		for i := range orders.Page {
			if i > 0 {
				page = append(page, ',')
			}
			page = orders.Append(page, n+i)
		}
		w.pages = append(w.pages, page)
	}
	codes := map[string]string{}
	for n := range orders.Codes {
		codes[orders.Warehouse(n)] = orders.Organisation(n)
	}
	var err error
	if w.codes, err = json.Marshal(codes); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /codes", func(out http.ResponseWriter, _ *http.Request) { answer(out, w.codes) })
	mux.HandleFunc("GET /orders", w.orders)
	mux.HandleFunc("POST /batch", w.batch)
	w.url = (&url.URL{Scheme: "http", Host: listener.Addr().String()}).String()
	w.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = w.server.Serve(listener) }() // ends with Close
	return w, nil
}

// URL is where the systems are: /orders, /batch and /codes.
func (w *World) URL() string { return w.url }

// Close ends the systems.
func (w *World) Close() error { return w.server.Close() }

// Begin lets a run of docs orders begin, from first on; both are whole pages. onBegin
// is called at the run's first request. The channel is closed when all bills came.
func (w *World) Begin(first, docs int, onBegin func()) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.first, w.docs, w.onBegin, w.begun, w.end = first, docs, onBegin, time.Time{}, time.Time{}
	w.seen, w.kept, w.strange, w.batches = make([]uint8, docs), nil, nil, 0
	w.left.Store(int64(orders.Kept(first, docs)))
	w.done = make(chan struct{})
	return w.done
}

func answer(out http.ResponseWriter, body ...[]byte) {
	size := 0
	for _, part := range body {
		size += len(part)
	}
	out.Header().Set("Content-Type", "application/json")
	out.Header().Set("Content-Length", strconv.Itoa(size))
	for _, part := range body {
		_, _ = out.Write(part) // whoever went away gets no more
	}
}

func (w *World) orders(out http.ResponseWriter, in *http.Request) {
	no, err := strconv.Atoi(in.URL.Query().Get("page_no"))
	w.mu.Lock()
	if w.begun.IsZero() {
		w.begun = w.clock()
		if w.onBegin != nil {
			w.onBegin()
		}
	}
	first, docs := w.first, w.docs
	w.mu.Unlock()
	last := docs / orders.Page
	if err != nil || no < 1 || no > last {
		answer(out, fmt.Appendf(nil, `{"code":0,"total_count":%d,"has_next":false,"data":{"orders":[]}}`, docs))
		return
	}
	n := first + (no-1)*orders.Page
	page := bytes.Clone(w.pages[n/orders.Page%len(w.pages)])
	orders.Renumber(page, n)
	answer(out, fmt.Appendf(nil, `{"code":0,"total_count":%d,"page_no":%d,"has_next":%v,"data":{"orders":[`, docs, no, no < last), page, []byte(`]}}`))
}

func (w *World) batch(out http.ResponseWriter, in *http.Request) {
	body := make([]byte, max(0, in.ContentLength))
	if _, err := io.ReadFull(in.Body, body); err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	answer(out, []byte(`{"code":0}`))
	bills := w.take(body)
	if left := w.left.Add(-int64(bills)); left <= 0 && left+int64(bills) > 0 {
		w.mu.Lock()
		w.end = w.clock()
		w.mu.Unlock()
		close(w.done)
	}
}

// take counts the bills of a batch by their numbers.
func (w *World) take(body []byte) (bills int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.batches++; w.batches%every == 1 {
		w.kept = append(w.kept, body)
	}
	numberBefore := []byte(`"FBillNo":"` + orders.Prefix)
	for at := 0; ; bills++ {
		next := bytes.Index(body[at:], numberBefore)
		if next < 0 {
			return bills
		}
		at += next + len(numberBefore)
		n, err := strconv.Atoi(string(body[at : at+orders.Digits]))
		if n -= w.first; err != nil || n < 0 || n >= w.docs || orders.Dropped(w.first+n) {
			w.strange = append(w.strange, string(body[at:at+orders.Digits]))
			continue
		}
		w.seen[n]++
	}
}

// Took is how long it was from the first request to the last bill.
func (w *World) Took() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end.Sub(w.begun)
}

// Check tells what is wrong with the bills that came, and how many were compared field by field.
func (w *World) Check() (compared int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.strange) > 0 {
		return 0, fmt.Errorf("%d bills of orders that were not sent, for example %s", len(w.strange), w.strange[0])
	}
	for n, times := range w.seen {
		if want := !orders.Dropped(w.first + n); want && times != 1 {
			return 0, fmt.Errorf("the bill of %s came %d times", orders.Number(w.first+n), times)
		}
	}
	for _, body := range w.kept {
		n, err := compare(body)
		if compared += n; err != nil {
			return compared, err
		}
	}
	if compared == 0 {
		return 0, errors.New("no bill was compared")
	}
	return compared, nil
}

// compare reads a batch and compares each bill with what must come of its order.
func compare(body []byte) (int, error) {
	var bills []orders.Bill
	strict := json.NewDecoder(bytes.NewReader(body))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&bills); err != nil {
		return 0, fmt.Errorf("a batch can't be read: %w", err)
	}
	for i, bill := range bills {
		n, err := strconv.Atoi(bill.FBillNo[len(orders.Prefix):])
		if want := orders.BillOf(n); err != nil || !reflect.DeepEqual(bill, want) {
			return i, fmt.Errorf("the bill of %s is\n%+v\nin place of\n%+v", bill.FBillNo, bill, want)
		}
	}
	return len(bills), nil
}
