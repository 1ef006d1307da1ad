package v1

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
	"github.com/karezflow/karez/sdk/protocol/v1/pb"
)

// text makes s fit for a proto string: one vendor answer that is not UTF-8 must
// not cost the whole call.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func texts(list []string) []string {
	if list == nil {
		return nil
	}
	clean := make([]string, len(list))
	for i, s := range list {
		clean[i] = text(s)
	}
	return clean
}

func textMap(m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	clean := make(map[string]string, len(m))
	for k, v := range m {
		clean[text(k)] = text(v)
	}
	return clean
}

func toBytes(list []string) [][]byte {
	if list == nil {
		return nil
	}
	all := make([][]byte, len(list))
	for i, s := range list {
		all[i] = []byte(s)
	}
	return all
}

func fromBytes(list [][]byte) []string {
	if list == nil {
		return nil
	}
	all := make([]string, len(list))
	for i, b := range list {
		all[i] = string(b)
	}
	return all
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// toInt narrows a number from the wire, which is 64 bits wide on every machine.
func toInt(n int64) int {
	return int(max(math.MinInt, min(math.MaxInt, n)))
}

func toFault(f *fault.Fault) *pb.Fault {
	if f == nil {
		return nil
	}
	return &pb.Fault{
		Code: text(f.Code), Message: text(f.Message), Path: text(f.Path), Hint: text(f.Hint),
		Class: text(string(f.Class)), Args: textMap(f.Args),
		RetryAfter: toDuration(f.RetryAfter), NotApplied: f.NotApplied, Answer: f.Answer(),
	}
}

// fromFault gives nil for an absent fault.
func fromFault(f *pb.Fault) *fault.Fault {
	if f == nil {
		return nil
	}
	got := &fault.Fault{
		Code: f.GetCode(), Message: f.GetMessage(), Path: f.GetPath(), Hint: f.GetHint(),
		Class: fault.Class(f.GetClass()), Args: f.GetArgs(),
		RetryAfter: f.GetRetryAfter().AsDuration(), NotApplied: f.GetNotApplied(),
	}
	if len(f.GetAnswer()) > 0 {
		got = got.Answered(f.GetAnswer())
	}
	switch got.Code {
	case peer.CodeTimeout:
		return got.Because(context.DeadlineExceeded)
	case peer.CodeCancelled:
		return got.Because(context.Canceled)
	}
	return got
}

func toMeta(m connector.Meta) *pb.Meta {
	return &pb.Meta{TraceId: text(m.TraceID), RunId: text(m.RunID), Attempt: int64(m.Attempt)}
}

// metaOf marks a call that has no Meta of its own.
func metaOf(ctx context.Context) *pb.Meta {
	meta, _ := peer.MetaFrom(ctx)
	return toMeta(meta)
}

func fromMeta(m *pb.Meta) connector.Meta {
	return connector.Meta{TraceID: m.GetTraceId(), RunID: m.GetRunId(), Attempt: toInt(m.GetAttempt())}
}

func toAccount(a connector.Account) *pb.Account {
	return &pb.Account{Id: text(a.ID), Settings: a.Settings, Secrets: textMap(a.Secrets)}
}

func fromAccount(a *pb.Account) connector.Account {
	return connector.Account{ID: a.GetId(), Settings: a.GetSettings(), Secrets: a.GetSecrets()}
}

func toQuery(session uint64, q connector.QueryRequest) *pb.QueryRequest {
	return &pb.QueryRequest{
		Session: session, Meta: toMeta(q.Meta), Operation: text(q.Operation), Params: q.Params,
		PageNumber: int64(q.Page.Number), PageOffset: int64(q.Page.Offset),
		PageSize: int64(q.Page.Size), PageToken: []byte(q.Page.Token),
	}
}

func fromQuery(q *pb.QueryRequest) connector.QueryRequest {
	return connector.QueryRequest{
		Operation: q.GetOperation(), Params: q.GetParams(), Meta: fromMeta(q.GetMeta()),
		Page: connector.PageRef{
			Number: toInt(q.GetPageNumber()), Offset: toInt(q.GetPageOffset()),
			Size: toInt(q.GetPageSize()), Token: string(q.GetPageToken()),
		},
	}
}

func toPage(p connector.Page) *pb.QueryResponse {
	return &pb.QueryResponse{
		Rows: p.Rows, Total: int64(p.Total), More: p.More, NextToken: []byte(p.NextToken),
		SourceTime: toTime(p.SourceTime), Warnings: texts(p.Warnings),
	}
}

func fromPage(p *pb.QueryResponse) connector.Page {
	return connector.Page{
		Rows: p.GetRows(), Total: toInt(p.GetTotal()), More: p.GetMore(), NextToken: string(p.GetNextToken()),
		SourceTime: fromTime(p.GetSourceTime()), Warnings: p.GetWarnings(),
	}
}

func toBatch(session uint64, b connector.Batch) *pb.WriteRequest {
	return &pb.WriteRequest{
		Session: session, Meta: toMeta(b.Meta), Operation: text(b.Operation), Mode: text(string(b.Mode)),
		Params: b.Params, Rows: b.Rows, Keys: toBytes(b.Keys),
	}
}

func fromBatch(b *pb.WriteRequest) connector.Batch {
	return connector.Batch{
		Operation: b.GetOperation(), Mode: connector.Mode(b.GetMode()), Params: b.GetParams(),
		Rows: b.GetRows(), Keys: fromBytes(b.GetKeys()), Meta: fromMeta(b.GetMeta()),
	}
}

func toAnswers(a connector.Answers) *pb.WriteResponse {
	rows := make([]*pb.Answer, len(a.Rows))
	for i, r := range a.Rows {
		rows[i] = &pb.Answer{
			Outcome: text(string(r.Outcome)), Id: text(r.ID), Number: text(r.Number), Code: text(r.Code),
			Message: text(r.Message), Field: text(r.Field), Warning: text(r.Warning), Raw: r.Raw,
		}
	}
	return &pb.WriteResponse{Answers: rows, Raw: a.Raw}
}

func fromAnswers(a *pb.WriteResponse) connector.Answers {
	rows := make([]connector.Answer, len(a.GetAnswers()))
	for i, r := range a.GetAnswers() {
		rows[i] = connector.Answer{
			Outcome: fromOutcome(r.GetOutcome()), ID: r.GetId(), Number: r.GetNumber(), Code: r.GetCode(),
			Message: r.GetMessage(), Field: r.GetField(), Warning: r.GetWarning(), Raw: r.GetRaw(),
		}
	}
	return connector.Answers{Rows: rows, Raw: a.GetRaw()}
}

// fromOutcome reads an outcome that this version does not know as Unknown, the
// only one that promises nothing.
func fromOutcome(s string) connector.Outcome {
	switch o := connector.Outcome(s); o {
	case connector.Done, connector.Rejected:
		return o
	default:
		return connector.Unknown
	}
}

func toProbe(session uint64, p connector.ProbeRequest) *pb.ProbeRequest {
	return &pb.ProbeRequest{
		Session: session, Meta: toMeta(p.Meta), Operation: text(p.Operation), Params: p.Params,
		Keys: toBytes(p.Keys), Compare: texts(p.Compare),
	}
}

func fromProbe(p *pb.ProbeRequest) connector.ProbeRequest {
	return connector.ProbeRequest{
		Operation: p.GetOperation(), Params: p.GetParams(), Keys: fromBytes(p.GetKeys()),
		Compare: p.GetCompare(), Meta: fromMeta(p.GetMeta()),
	}
}

func toFound(list []connector.Found) *pb.ProbeResponse {
	found := make([]*pb.Found, len(list))
	for i, f := range list {
		found[i] = &pb.Found{Exists: f.Exists, Id: text(f.ID), Number: text(f.Number), Object: f.Object}
	}
	return &pb.ProbeResponse{Found: found}
}

func fromFound(p *pb.ProbeResponse) []connector.Found {
	list := make([]connector.Found, len(p.GetFound()))
	for i, f := range p.GetFound() {
		list[i] = connector.Found{Exists: f.GetExists(), ID: f.GetId(), Number: f.GetNumber(), Object: f.GetObject()}
	}
	return list
}

func toSnapshot(s connector.Snapshot) *pb.Snapshot {
	return &pb.Snapshot{Value: s.Value, Version: s.Version, Leased: s.Leased}
}

func fromSnapshot(s *pb.Snapshot) connector.Snapshot {
	return connector.Snapshot{Value: s.GetValue(), Version: s.GetVersion(), Leased: s.GetLeased()}
}

func toExchange(e connector.Exchange) *pb.Exchange {
	return &pb.Exchange{
		Method: text(e.Method), Url: text(e.URL), Status: int64(e.Status),
		RequestBody: e.RequestBody, ResponseBody: e.ResponseBody,
		Started: toTime(e.Started), Took: toDuration(e.Took),
	}
}

func fromExchange(e *pb.Exchange) connector.Exchange {
	return connector.Exchange{
		Method: e.GetMethod(), URL: e.GetUrl(), Status: toInt(e.GetStatus()),
		RequestBody: e.GetRequestBody(), ResponseBody: e.GetResponseBody(),
		Started: fromTime(e.GetStarted()), Took: e.GetTook().AsDuration(),
	}
}

// toSwap and fromSwap carry ErrStateConflict, which callers compare, beside faults.
func toSwap(now connector.Snapshot, err error) *pb.CompareAndSwapStateResponse {
	switch {
	case errors.Is(err, connector.ErrStateConflict):
		return &pb.CompareAndSwapStateResponse{Conflict: true}
	case err != nil:
		return &pb.CompareAndSwapStateResponse{Fault: toFault(asFault(err, "storing the connector's state"))}
	}
	return &pb.CompareAndSwapStateResponse{Snapshot: toSnapshot(now)}
}

func fromSwap(r *pb.CompareAndSwapStateResponse) (connector.Snapshot, error) {
	if r.GetConflict() {
		return connector.Snapshot{}, connector.ErrStateConflict
	}
	if f := fromFault(r.GetFault()); f != nil {
		return connector.Snapshot{}, f
	}
	return fromSnapshot(r.GetSnapshot()), nil
}
