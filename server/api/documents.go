package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/document"
)

// DocumentSummary is a document in a list.
type DocumentSummary struct {
	ID           string     `json:"id"`
	Flow         string     `json:"flow"`
	FlowTitle    string     `json:"flowTitle"`
	Node         string     `json:"node"`
	Key          string     `json:"key"`
	Number       string     `json:"number"`
	State        string     `json:"state" enum:"waiting,claimed,held,delivered,collected,filtered,rejected,retry_at,unmapped,needs_decision,superseded,skipped,ignored"`
	Attention    []string   `json:"attention" enum:"uncertain,warned,writeback_failing,handled,errand_failing"`
	Code         string     `json:"code,omitempty"`
	Message      string     `json:"message,omitempty"`
	Rev          int        `json:"rev"`
	Newer        int        `json:"newer" doc:"Revisions that were read since and wait"`
	TargetNumber string     `json:"targetNumber,omitempty"`
	Run          string     `json:"run"`
	UpdatedAt    *time.Time `json:"updatedAt"`
	Values       []string   `json:"values,omitempty" doc:"Those at the wanted fields, in their order, as the payload has them; none where it was purged"`
}

type documentDetail struct {
	DocumentSummary

	Version    int              `json:"version"`
	Problem    *documentProblem `json:"problem,omitempty"`
	Source     json.RawMessage  `json:"source,omitempty"`
	Purged     *purgedView      `json:"purged,omitempty" doc:"The contents were removed because of their age"`
	Revisions  []revisionView   `json:"revisions"`
	Deliveries []deliveryView   `json:"deliveries"`
	HandedFrom []handedView     `json:"handedFrom" doc:"Documents of other flows that it came from"`
	HandedTo   []handedView     `json:"handedTo" doc:"Documents of other flows that it was handed over to"`
	Bill       *billView        `json:"bill,omitempty" doc:"What it was made of, where a group made it"`
	Bills      []memberView     `json:"bills" doc:"The bills that it is in"`
	Actions    []string         `json:"actions" enum:"retry,resend,skip,edit,eject,accept"`
}

// purgedView names the rule as the retention settings do; it is not there for what was removed before that was noted.
type purgedView struct {
	Rule string     `json:"rule,omitempty" enum:"payloads,calls,posts,errands,pages"`
	Days int        `json:"days,omitempty"`
	At   *time.Time `json:"at,omitempty"`
}

// handedView is a document at the other end of a hand-over.
type handedView struct {
	ID        string     `json:"id"`
	Flow      string     `json:"flow"`
	FlowTitle string     `json:"flowTitle"`
	Node      string     `json:"node,omitempty" doc:"The writeback that handed over; none where the other flow read by itself"`
	Key       string     `json:"key"`
	Number    string     `json:"number"`
	State     string     `json:"state" enum:"waiting,claimed,held,delivered,collected,filtered,rejected,retry_at,unmapped,needs_decision,superseded,skipped,ignored"`
	Rev       int        `json:"rev" doc:"Its revision; 0 where the other flow let it go"`
	At        *time.Time `json:"at"`
}

func viewHanded(list []document.Handed) []handedView {
	views := make([]handedView, len(list))
	for i, h := range list {
		views[i] = handedView{
			ID: rest.IDText(h.ID), Flow: h.Flow, FlowTitle: h.FlowTitle, Node: h.Node, Key: h.Key, Number: h.Number, State: h.State, Rev: h.Rev, At: rest.When(h.At),
		}
	}
	return views
}

type documentProblem struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Hint    string     `json:"hint,omitempty"`
	Path    string     `json:"path,omitempty"`
	Node    string     `json:"node,omitempty"`
	Since   *time.Time `json:"since"`
}

type revisionView struct {
	Rev    int        `json:"rev"`
	Origin string     `json:"origin"`
	State  string     `json:"state" enum:"waiting,claimed,held,delivered,collected,filtered,rejected,retry_at,unmapped,needs_decision,superseded,skipped,ignored"`
	At     *time.Time `json:"at"`
	Actor  string     `json:"actor,omitempty"`
}

type deliveryView struct {
	Node         string          `json:"node"`
	Part         int             `json:"part"`
	Connection   string          `json:"connection"`
	Resource     string          `json:"resource"`
	Key          string          `json:"key"`
	State        string          `json:"state" enum:"pending,sending,done,rejected,retry_at,unknown,needs_decision"`
	Attempt      int             `json:"attempt"`
	Code         string          `json:"code,omitempty"`
	Message      string          `json:"message,omitempty"`
	TargetID     string          `json:"targetId,omitempty"`
	TargetNumber string          `json:"targetNumber,omitempty"`
	Step         string          `json:"step,omitempty" doc:"The operation of the last step that is done, where the target has steps"`
	Updating     bool            `json:"updating,omitempty" doc:"The write changes an object that the target holds already"`
	Mapped       json.RawMessage `json:"mapped,omitempty"`
	Response     json.RawMessage `json:"response,omitempty"`
	Writeback    json.RawMessage `json:"writeback,omitempty"`
	NextAt       *time.Time      `json:"nextAt,omitempty"`
	UpdatedAt    *time.Time      `json:"updatedAt"`
}

func (s *server) viewSummary(ctx context.Context, d document.Summary) DocumentSummary {
	view := DocumentSummary{
		ID: rest.IDText(d.ID), Flow: d.Flow, FlowTitle: d.FlowTitle, Node: d.Node, Key: d.Key, Number: d.Number, State: d.State,
		Attention: append([]string{}, d.Attention...), Code: d.Code, Rev: d.Rev, Newer: d.Newer, TargetNumber: d.TargetNumber,
		Run: rest.IDText(d.Run), UpdatedAt: rest.When(d.Updated), Values: d.Values,
	}
	view.Message, _ = s.Words.Say(rest.AboutOf(ctx).Language, d.Code, d.Message, "", d.Args)
	return view
}

func (s *server) viewDetail(ctx context.Context, d document.Detail) documentDetail {
	language := rest.AboutOf(ctx).Language
	view := documentDetail{
		DocumentSummary: s.viewSummary(ctx, d.Summary), Version: d.Version, Source: rest.Raw(d.Source), Actions: append([]string{}, d.Actions...),
		Revisions: make([]revisionView, len(d.Revisions)), Deliveries: make([]deliveryView, len(d.Deliveries)),
		HandedFrom: viewHanded(d.HandedFrom), HandedTo: viewHanded(d.HandedTo),
		Bill: viewBill(d.Bill), Bills: viewMembers(d.Bills),
	}
	if p := d.Purged; p != nil {
		view.Purged = &purgedView{p.Rule, p.Days, rest.When(p.At)}
	}
	if p := d.Problem; p != nil {
		message, hint := s.Words.Say(language, p.Code, p.Message, p.Hint, p.Args)
		view.Problem = &documentProblem{Code: p.Code, Message: message, Hint: hint, Path: p.Path, Node: p.Node, Since: rest.When(p.Since)}
	}
	for i, r := range d.Revisions {
		view.Revisions[i] = revisionView{Rev: r.Rev, Origin: r.Origin, State: r.State, At: rest.When(r.At), Actor: r.Actor}
	}
	for i, t := range d.Deliveries {
		message, _ := s.Words.Say(language, t.Code, t.Message, "", t.Args)
		view.Deliveries[i] = deliveryView{
			Node: t.Node, Part: t.Part, Connection: t.Connection, Resource: t.Resource, Key: t.Key, State: t.State, Attempt: t.Attempt,
			Code: t.Code, Message: message, TargetID: t.TargetID, TargetNumber: t.TargetNumber, Mapped: rest.Raw(t.Mapped), Response: rest.Raw(t.Response),
			Step: t.Step, Updating: t.Updating,
			Writeback: rest.Raw(t.Writeback), NextAt: rest.When(t.NextAt), UpdatedAt: rest.When(t.Updated),
		}
	}
	return view
}
