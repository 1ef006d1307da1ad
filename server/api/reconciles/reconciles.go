// Package reconciles is the part of the interface that is about comparisons of two systems.
//
// It may import huma, server/api/problem, server/api/rest, server/reconcile, engine/ledger and
// engine/reconcile: never another service, a store or gin.
package reconciles

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	compared "github.com/karezflow/karez/engine/reconcile"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/reconcile"
)

// Reconciliation is a comparison that is made again and again.
type Reconciliation struct {
	ID string `json:"id"`

	ReconciliationBody

	Version   int                `json:"version"`
	By        string             `json:"by"`
	UpdatedAt *time.Time         `json:"updatedAt,omitempty"`
	Last      *ReconciliationRun `json:"last,omitempty" doc:"The newest comparison"`
}

// ReconciliationBody is what people say of it.
type ReconciliationBody struct {
	Title    string         `json:"title" maxLength:"120"`
	Source   reconcile.Node `json:"source" doc:"The source node whose documents have to arrive"`
	Target   reconcile.Node `json:"target" doc:"The source node of a flow that reads where they arrive"`
	Spec     compared.Spec  `json:"spec" doc:"What is compared; values are texts of the value language over each side's records"`
	Days     int            `json:"days" doc:"How many days back from now are compared"`
	Margin   int            `json:"margin,omitempty" doc:"How many days more are read, for what the systems date differently"`
	Schedule string         `json:"schedule,omitempty" doc:"A cron text; without it comparisons are made by hand"`
	Zone     string         `json:"zone,omitempty" doc:"That of the schedule"`
}

// ReconciliationRun is one comparison.
type ReconciliationRun struct {
	ID         string                   `json:"id"`
	Check      string                   `json:"check"`
	State      string                   `json:"state" enum:"running,done,failed,cancelled"`
	By         string                   `json:"by,omitempty" doc:"Who ordered it; absent for the schedule"`
	From       *time.Time               `json:"from,omitempty"`
	To         *time.Time               `json:"to,omitempty"`
	StartedAt  *time.Time               `json:"startedAt,omitempty"`
	EndedAt    *time.Time               `json:"endedAt,omitempty"`
	Read       [2]int                   `json:"read" doc:"The records read so far, of the source and of the target"`
	Source     int                      `json:"source"`
	Target     int                      `json:"target"`
	Same       int                      `json:"same"`
	Excused    int                      `json:"excused" doc:"Those that the target does not hold and that the flow meant not to write"`
	Counts     map[compared.Verdict]int `json:"counts"`
	Groups     []compared.Group         `json:"groups"`
	Code       string                   `json:"code,omitempty"`
	Message    string                   `json:"message,omitempty"`
	RepairedAt *time.Time               `json:"repairedAt,omitempty" doc:"When what is missing was ordered to be written"`
}

// ReconciliationFinding is a document that is not the same on both sides.
type ReconciliationFinding struct {
	No          int                   `json:"no"`
	Kind        string                `json:"kind" enum:"missing,doubled,different,extra"`
	Key         string                `json:"key"`
	Number      string                `json:"number"`
	At          *time.Time            `json:"at,omitempty"`
	Source      int                   `json:"source"`
	Target      int                   `json:"target"`
	Differences []compared.Difference `json:"differences,omitempty"`
	Document    string                `json:"document,omitempty" doc:"Its id in the ledger; absent where it was never read"`
	State       string                `json:"state,omitempty"`
}

// ReconciliationMissing says what would become of what is missing.
type ReconciliationMissing struct {
	Fetch   int `json:"fetch" doc:"Never read: fetched by their numbers"`
	Retry   int `json:"retry" doc:"Standing still: retried"`
	Restore int `json:"restore" doc:"Delivered and gone from the target: written again"`
	Moved   int `json:"moved" doc:"On their way, or changed since: nothing is done"`
}

type reconciliationRepaired struct {
	ReconciliationMissing

	Runs []string `json:"runs"`
	Jobs []string `json:"jobs"`
}

type reconciliationDetail struct {
	Reconciliation

	Runs []ReconciliationRun `json:"runs" doc:"The newest comparisons"`
}

type newReconciliation struct{ Body ReconciliationBody }

type reconciliationChange struct {
	rest.IDInput

	Body struct {
		ReconciliationBody

		Version int `json:"version" doc:"The one that was seen"`
	}
}

type reconciliationFindings struct {
	rest.IDInput
	rest.Paging

	Kind string `query:"kind" enum:"missing,doubled,different,extra"`
}

type server struct {
	*rest.Kit

	service *reconcile.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *reconcile.Service) {
	s := &server{kit, service}
	huma.Register(api, rest.Op(http.MethodGet, "/reconciliations", "listReconciliations", "The comparisons with what they found last", 0),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[Reconciliation]], error) {
			all, err := service.List(ctx)
			return rest.Answer(rest.Listed(all, "", func(l reconcile.Listed) Reconciliation {
				v := viewCheck(l.Check)
				if l.Last != nil {
					last := s.run(ctx, *l.Last)
					v.Last = &last
				}
				return v
			}), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/reconciliations", "createReconciliation", "Make a comparison", http.StatusCreated),
		rest.Handle(kit, func(ctx context.Context, in *newReconciliation) (*rest.Body[Reconciliation], error) {
			c, err := service.Put(ctx, checkOf(in.Body))
			return rest.Answer(viewCheck(c), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/reconciliations/{id}", "getReconciliation", "A comparison with its newest runs", 0),
		withID(kit, func(ctx context.Context, id ledger.ID) (reconciliationDetail, error) {
			c, runs, err := service.Get(ctx, id)
			return reconciliationDetail{viewCheck(c), rest.Listed(runs, "", func(r reconcile.Run) ReconciliationRun { return s.run(ctx, r) }).Items}, err
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/reconciliations/{id}", "saveReconciliation", "Change a comparison", 0),
		rest.Handle(kit, s.save))
	huma.Register(api, rest.Op(http.MethodDelete, "/reconciliations/{id}", "deleteReconciliation", "Delete a comparison with all that it found", http.StatusNoContent),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*struct{}, error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			return nil, service.Delete(ctx, id)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/reconciliations/{id}/runs", "runReconciliation", "Compare now", http.StatusAccepted),
		ordered(kit, func(ctx context.Context, id ledger.ID) (ReconciliationRun, error) {
			run, err := service.Run(ctx, id)
			return s.run(ctx, run), err
		}))
	s.runs(api)
}

func (s *server) runs(api huma.API) {
	huma.Register(api, rest.Op(http.MethodGet, "/reconciliation-runs/{id}", "getReconciliationRun", "What a comparison came to", 0),
		withID(s.Kit, func(ctx context.Context, id ledger.ID) (ReconciliationRun, error) {
			seen, err := s.service.Look(ctx, id)
			return s.run(ctx, seen.Run), err
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/reconciliation-runs/{id}/cancel", "cancelReconciliationRun", "Stop a comparison", 0),
		ordered(s.Kit, func(ctx context.Context, id ledger.ID) (ReconciliationRun, error) {
			if err := s.service.Cancel(ctx, id); err != nil {
				return ReconciliationRun{}, err
			}
			seen, err := s.service.Look(ctx, id)
			return s.run(ctx, seen.Run), err
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/reconciliation-runs/{id}/findings", "listReconciliationFindings", "What differs, and how it stands in the ledger now", 0),
		rest.Handle(s.Kit, s.findings))
	huma.Register(api, rest.Op(http.MethodGet, "/reconciliation-runs/{id}/missing", "planReconciliationRepair", "What would become of the missing documents", 0),
		withID(s.Kit, func(ctx context.Context, id ledger.ID) (ReconciliationMissing, error) {
			p, err := s.service.Missing(ctx, id)
			return viewPlan(p), err
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/reconciliation-runs/{id}/repair", "repairReconciliation", "Have the missing documents written, and nothing else", http.StatusAccepted),
		ordered(s.Kit, func(ctx context.Context, id ledger.ID) (reconciliationRepaired, error) {
			r, err := s.service.Repair(ctx, id)
			return reconciliationRepaired{viewPlan(r.Plan), idTexts(r.Runs), idTexts(r.Jobs)}, err
		}))
}

func withID[T any](kit *rest.Kit, do func(context.Context, ledger.ID) (T, error)) func(context.Context, *rest.IDInput) (*rest.Body[T], error) {
	return rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[T], error) {
		id, err := in.Number()
		if err != nil {
			return nil, err
		}
		return rest.Answer(do(ctx, id))
	})
}

func ordered[T any](kit *rest.Kit, do func(context.Context, ledger.ID) (T, error)) func(context.Context, *rest.IDOrder) (*rest.Body[T], error) {
	return rest.Handle(kit, func(ctx context.Context, in *rest.IDOrder) (*rest.Body[T], error) {
		id, err := in.Number()
		if err != nil {
			return nil, err
		}
		return rest.Answer(do(ctx, id))
	})
}

func (s *server) save(ctx context.Context, in *reconciliationChange) (*rest.Body[Reconciliation], error) {
	id, err := in.Number()
	if err != nil {
		return nil, err
	}
	c := checkOf(in.Body.ReconciliationBody)
	c.ID, c.Version = id, in.Body.Version
	c, err = s.service.Put(ctx, c)
	return rest.Answer(viewCheck(c), err)
}

func (s *server) findings(ctx context.Context, in *reconciliationFindings) (*rest.Body[rest.List[ReconciliationFinding]], error) {
	id, err := in.Number()
	if err != nil {
		return nil, err
	}
	after, _ := strconv.Atoi(in.After) // what is no number begins with the first
	found, err := s.service.Findings(ctx, id, compared.Verdict(in.Kind), after, in.Limit)
	next := ""
	if len(found) == in.Limit {
		next = strconv.Itoa(found[len(found)-1].No)
	}
	return rest.Answer(rest.Listed(found, next, viewFinding), err)
}

func checkOf(b ReconciliationBody) reconcile.Check {
	return reconcile.Check{Title: b.Title, Source: b.Source, Target: b.Target, Spec: b.Spec, Days: b.Days, Margin: b.Margin, Schedule: b.Schedule, Zone: b.Zone}
}

func viewCheck(c reconcile.Check) Reconciliation {
	return Reconciliation{
		ID: rest.IDText(c.ID), ReconciliationBody: ReconciliationBody{c.Title, c.Source, c.Target, c.Spec, c.Days, c.Margin, c.Schedule, c.Zone},
		Version: c.Version, By: c.By, UpdatedAt: rest.When(c.Updated),
	}
}

func (s *server) run(ctx context.Context, r reconcile.Run) ReconciliationRun {
	v := ReconciliationRun{
		ID: rest.IDText(r.ID), Check: rest.IDText(r.Check), State: string(r.State), By: r.By, From: rest.When(r.From), To: rest.When(r.To),
		StartedAt: rest.When(r.Started), EndedAt: rest.When(r.Ended), Read: r.Read, Source: r.Source, Target: r.Target, Same: r.Same, Excused: r.Excused,
		Counts: map[compared.Verdict]int{}, Groups: r.Groups, Code: r.Code, Message: r.Message, RepairedAt: rest.When(r.Repaired),
	}
	for _, kind := range compared.Verdicts() {
		v.Counts[kind] = r.Counts[kind]
	}
	if v.Groups == nil {
		v.Groups = []compared.Group{}
	}
	if r.Code != "" {
		v.Message, _ = s.Words.Say(rest.AboutOf(ctx).Language, r.Code, r.Message, "", r.Args)
	}
	return v
}

func viewFinding(f reconcile.Finding) ReconciliationFinding {
	v := ReconciliationFinding{No: f.No, Kind: string(f.Kind), Key: f.Key, Number: f.Number, Source: f.Source, Target: f.Target, Differences: f.Differences}
	if !f.At.IsZero() {
		v.At = &f.At
	}
	if f.Document.ID != 0 {
		v.Document, v.State = rest.IDText(f.Document.ID), f.Document.State.String()
	}
	return v
}

func viewPlan(p reconcile.Plan) ReconciliationMissing {
	return ReconciliationMissing{len(p.Fetch), len(p.Retry), len(p.Restore), p.Moved}
}

func idTexts(ids []ledger.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = rest.IDText(id)
	}
	return out
}
