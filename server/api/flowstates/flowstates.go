// Package flowstates is the part of the interface that is about how a flow is doing: its
// overview, and what is read and written.
//
// It may import huma, server/api/rest, server/flowstate, engine/ledger and sdk/fault: never
// another service, a store or gin.
package flowstates

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/flowstate"
)

type flowOverview struct {
	Span        string           `json:"span"`
	From        time.Time        `json:"from"`
	To          time.Time        `json:"to"`
	StepSeconds int64            `json:"stepSeconds"`
	Verdict     flowVerdict      `json:"verdict"`
	LastRun     *overviewRun     `json:"lastRun,omitempty"`
	LastDone    *overviewRun     `json:"lastDone,omitempty" doc:"The newest run that read everything and has nothing under way any more"`
	Sources     []sourceLag      `json:"sources" doc:"Sources that select by time and were read"`
	Clusters    []failureCluster `json:"clusters" doc:"Why documents stand still, the largest first"`
	Nodes       []nodePace       `json:"nodes" doc:"How long pages and calls take, the slowest first"`
	Points      []overviewPoint  `json:"points"`
	Connections []string         `json:"connections" doc:"Those that the published version uses"`
}

type flowVerdict struct {
	Code          string `json:"code" enum:"unpublished,paused,failing,attention,stopped,never,late,retrying,reading,healthy"`
	Waiting       int    `json:"waiting" doc:"Documents that wait for a person"`
	Again         int    `json:"again" doc:"Documents that are tried again by themselves"`
	BehindSeconds int64  `json:"behindSeconds" doc:"The largest lag of a source"`
	UsualSeconds  int64  `json:"usualSeconds,omitempty" doc:"The usual time between two runs; absent where nobody knows"`
}

type overviewRun struct {
	ID        string     `json:"id"`
	State     string     `json:"state" enum:"queued,running,done,failed,cancelled"`
	StartedAt *time.Time `json:"startedAt,omitempty"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
	Code      string     `json:"code,omitempty"`
	Message   string     `json:"message,omitempty"`
}

type sourceLag struct {
	Node          string     `json:"node"`
	Cursor        *time.Time `json:"cursor"`
	BehindSeconds int64      `json:"behindSeconds" doc:"How far the cursor is behind the source's clock"`
}

type failureCluster struct {
	State     string     `json:"state" enum:"rejected,retry_at,unmapped,needs_decision"`
	Code      string     `json:"code"`
	Message   string     `json:"message"`
	Hint      string     `json:"hint,omitempty"`
	Node      string     `json:"node,omitempty"`
	Documents int        `json:"documents"`
	Since     *time.Time `json:"since,omitempty"`
}

type nodePace struct {
	Node   string `json:"node"`
	Kind   string `json:"kind" enum:"page,call" doc:"page: from one page that came to the next; call: of the target"`
	MeanMs int64  `json:"meanMs"`
	Of     int    `json:"of" doc:"How many of them; of calls at most 200 of each step are looked at"`
}

type overviewPoint struct {
	At        time.Time `json:"at" doc:"When the step begins"`
	Pulled    int       `json:"pulled" doc:"By the runs that began in the step; their documents may have arrived later"`
	Accepted  int       `json:"accepted"`
	Delivered int       `json:"delivered" doc:"Collected ones included"`
	Failed    int       `json:"failed" doc:"Rejected, unmapped, or in need of a decision"`
	Retrying  int       `json:"retrying"`
	Open      int       `json:"open" doc:"Waiting or held"`
	Calls     int       `json:"calls" doc:"Calls to targets in the step that were looked at, at most 200"`
	MedianMs  int64     `json:"medianMs" doc:"Half of these calls took no longer"`
	SlowMs    int64     `json:"slowMs" doc:"95 of a hundred took no longer"`
}

type flowRequests struct {
	Run     *overviewRun    `json:"run,omitempty" doc:"The run that is told of"`
	Pulling bool            `json:"pulling" doc:"It still reads, or waits for its turn"`
	Paused  bool            `json:"paused"`
	Orders  *runOrders      `json:"orders,omitempty"`
	Windows []requestWindow `json:"windows" doc:"The newest first, at most 50"`
	Pages   []requestPage   `json:"pages" doc:"The newest first, at most 100"`
}

type runOrders struct {
	Cancel orderAllowed `json:"cancel"`
	Pause  orderAllowed `json:"pause"`
	Resume orderAllowed `json:"resume"`
}

type orderAllowed struct {
	Allowed bool   `json:"allowed"`
	Code    string `json:"code,omitempty" doc:"Why not"`
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

type requestWindow struct {
	ID        string     `json:"id"`
	Node      string     `json:"node"`
	Kind      string     `json:"kind" enum:"live,backfill,gap,numbers,handed"`
	State     string     `json:"state" enum:"open,done,split,left"`
	From      *time.Time `json:"from,omitempty"`
	To        *time.Time `json:"to,omitempty"`
	Attempt   int        `json:"attempt"`
	Pages     int        `json:"pages" doc:"Of this attempt"`
	Rows      int        `json:"rows"`
	UpdatedAt *time.Time `json:"updatedAt"`
}

type requestPage struct {
	Window    string     `json:"window"`
	Node      string     `json:"node"`
	Attempt   int        `json:"attempt"`
	No        int        `json:"no"`
	Rows      int        `json:"rows"`
	Accepted  int        `json:"accepted"`
	Dropped   int        `json:"dropped"`
	Unchanged int        `json:"unchanged"`
	Ignored   int        `json:"ignored"`
	Total     *int       `json:"total,omitempty" doc:"What the source said there is; absent where it did not"`
	At        *time.Time `json:"at"`
}

type flowWrites struct {
	Items  []queueEntry  `json:"items" doc:"What is due first first"`
	Next   string        `json:"next"`
	Counts writesCounts  `json:"counts"`
	Calls  []writtenCall `json:"calls" doc:"The newest calls, on the first page"`
}

type writesCounts struct {
	Sending queueCount `json:"sending"`
	Waiting queueCount `json:"waiting"`
	Again   queueCount `json:"retryAt" doc:"Due later, what is to be found out included"`
	Held    queueCount `json:"held"`
}

type queueCount struct {
	Rows      int `json:"rows"`
	Documents int `json:"documents"`
}

type queueEntry struct {
	ID         string          `json:"id"`
	State      string          `json:"state" enum:"sending,waiting,unknown,retry_at,held"`
	Documents  int             `json:"documents" doc:"How many the entry is about"`
	DueAt      *time.Time      `json:"dueAt,omitempty"`
	Walks      int             `json:"walks" doc:"How often a worker took it up"`
	Urgent     bool            `json:"urgent"`
	Document   string          `json:"document,omitempty" doc:"Absent for a whole page"`
	Key        string          `json:"key,omitempty"`
	Number     string          `json:"number,omitempty"`
	Sent       map[string]int  `json:"sent,omitempty" doc:"Of a page: its deliveries by state"`
	Deliveries []queueDelivery `json:"deliveries"`
	Retry      orderAllowed    `json:"retry"`
	Skip       orderAllowed    `json:"skip"`
	First      orderAllowed    `json:"first"`
}

type queueDelivery struct {
	Node       string     `json:"node"`
	Part       int        `json:"part"`
	Connection string     `json:"connection"`
	Key        string     `json:"key"`
	State      string     `json:"state" enum:"pending,sending,done,rejected,retry_at,unknown,needs_decision"`
	Attempt    int        `json:"attempt"`
	Code       string     `json:"code,omitempty"`
	Message    string     `json:"message,omitempty"`
	NextAt     *time.Time `json:"nextAt,omitempty"`
	StartedAt  *time.Time `json:"startedAt,omitempty" doc:"When the last call began"`
}

type writtenCall struct {
	ID         string     `json:"id"`
	Node       string     `json:"node,omitempty"`
	Connection string     `json:"connection"`
	Operation  string     `json:"operation"`
	Kind       string     `json:"kind" enum:"send,probe"`
	StartedAt  *time.Time `json:"startedAt"`
	EndedAt    *time.Time `json:"endedAt,omitempty" doc:"Absent while it is under way, or where no answer came"`
	Rows       int        `json:"rows"`
	Code       string     `json:"code,omitempty"`
}

type overviewInput struct {
	rest.IDInput

	Span string `query:"span" default:"24h" doc:"24h, 7d or 30d"`
}

type requestsInput struct {
	rest.IDInput

	Run string `query:"run" doc:"A run of the flow; without it the one that reads, or read last"`
}

type writesInput struct {
	rest.IDInput
	rest.Paging

	State string `query:"state" doc:"sending, waiting, unknown, retry_at or held; all but held without it"`
}

type firstInput struct {
	rest.IDInput

	Work string `path:"no"`
	Body *struct{}
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *flowstate.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/overview", "getFlowOverview", "How a flow is doing, and did over a time", 0),
		rest.Handle(kit, func(ctx context.Context, in *overviewInput) (*rest.Body[flowOverview], error) {
			o, err := service.Overview(ctx, in.ID, in.Span)
			return rest.Answer(teller{ctx, kit}.overview(o, in.Span), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/requests", "getFlowRequests", "What a flow reads now, or read last, page by page", 0),
		rest.Handle(kit, func(ctx context.Context, in *requestsInput) (*rest.Body[flowRequests], error) {
			r, err := service.Requests(ctx, in.ID, in.Run)
			return rest.Answer(teller{ctx, kit}.requests(r), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/writes", "listFlowWrites", "What a flow writes: what is under way, waits, or is tried again", 0),
		rest.Handle(kit, func(ctx context.Context, in *writesInput) (*rest.Body[flowWrites], error) {
			w, err := service.Writes(ctx, in.ID, in.State, in.After, in.Limit)
			return rest.Answer(teller{ctx, kit}.writes(w), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/writes/{no}/first", "putWriteFirst", "Take up waiting work before all other", http.StatusAccepted),
		rest.Handle(kit, func(ctx context.Context, in *firstInput) (*struct{}, error) {
			return nil, service.First(ctx, in.ID, in.Work)
		}))
}

func moment(m ledger.Millis) time.Time { return m.Time().UTC() }
