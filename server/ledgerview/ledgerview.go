// Package ledgerview keeps views of the ledger under names: a filter and the business fields
// that are shown as columns. A person keeps them for herself or for everybody of the
// workspace, and her ledger opens with one of them.
//
// It may import server/access, server/document, engine/ledger and sdk/fault: never a
// database, HTTP or another service.
package ledgerview

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/document"
)

const (
	// MaxName is how many letters a name has at most.
	MaxName = 60
	// MaxViews is how many views a person keeps for herself at most, and how many a
	// workspace shares.
	MaxViews = 100
)

// Period is a time that moves with the day, of when documents changed last.
type Period string

// The periods, in the zone of whoever looks: this day; the day before; seven and thirty days
// with this one.
const (
	Today     Period = "today"
	Yesterday Period = "yesterday"
	Week      Period = "week"
	Month     Period = "month"
)

// Content is what a view shows.
type Content struct {
	Filter document.Filter `json:"filter"`
	// Period stands for the filter's times, which are empty then.
	Period Period `json:"period,omitempty"`
	// Columns are paths of the source payload, in their order.
	Columns []string `json:"columns,omitempty"`
}

// View is a view that somebody keeps.
type View struct {
	Content

	ID   ledger.ID
	Name string
	// Shared views are everybody's of the workspace.
	Shared bool
	// Maker is who made it, MadeBy the same as a user.
	Maker  string
	MadeBy ledger.ID
	// Version counts its changes from 1 on.
	Version int
	Updated ledger.Millis
	// Mine, and whether the caller may change it.
	Mine, Changeable bool
}

// Shipped is a view that is always there. Its name is said by who shows it.
type Shipped struct {
	ID string
	Content
}

// Views are all that a person sees, by name, and the one that her ledger opens with: the id of
// a view or of a shipped one, "" for none.
type Views struct {
	Shipped []Shipped
	Views   []View
	Choice  string
}

// Store keeps views.
type Store interface {
	// Views gives those that are shared and those of a person, by name.
	Views(ctx context.Context, workspace, user ledger.ID) ([]View, error)
	// Put makes a view, or changes the one with its ID, unless it has another Version than the
	// given one or its name is another's. A new one is not made beside so many others.
	Put(ctx context.Context, workspace ledger.ID, v View, most int) (View, Refusal, error)
	// Remove forgets a view and the choices of it.
	Remove(ctx context.Context, workspace, id ledger.ID) error
	// Choice gives what a person's ledger opens with, "" for nothing.
	Choice(ctx context.Context, workspace, user ledger.ID) (string, error)
	// Choose changes it; "" forgets it.
	Choose(ctx context.Context, workspace, user ledger.ID, choice string) error
}

// Refusal is why a view was not kept.
type Refusal int

// A view was kept, or its name is taken, or there are too many, or somebody else changed it.
const (
	Kept Refusal = iota
	Taken
	TooMany
	Changed
)

// Service keeps views. Its faults are "auth.…", "object.missing", "document.filter_unknown"
// and "view.…".
type Service struct {
	Store Store
	Clock func() time.Time
	Log   *slog.Logger
}

// All gives the views that the caller sees.
func (s *Service) All(ctx context.Context) (Views, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Views{}, err
	}
	all := Views{Shipped: shipped()}
	if all.Views, err = s.Store.Views(ctx, p.Workspace, p.User); err != nil {
		return Views{}, err
	}
	for i := range all.Views {
		mark(ctx, p, &all.Views[i])
	}
	if all.Choice, err = s.Store.Choice(ctx, p.Workspace, p.User); err != nil {
		return Views{}, err
	}
	if !all.has(all.Choice) { // it is shared no more
		all.Choice = ""
	}
	return all, nil
}

func (v *Views) has(id string) bool {
	return slices.ContainsFunc(v.Shipped, func(one Shipped) bool { return one.ID == id }) ||
		slices.ContainsFunc(v.Views, func(one View) bool { return strconv.FormatInt(int64(one.ID), 10) == id })
}

// Create keeps a new view. Who may work on documents may share one.
func (s *Service) Create(ctx context.Context, v View) (View, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return View{}, err
	}
	v.ID, v.Version, v.MadeBy, v.Maker = 0, 0, p.User, p.Name
	return s.put(ctx, p, v)
}

// Change changes the view with an id, of the version that was last seen. A view of one's own
// may be changed; a shared one by who made it and by who may change flows.
func (s *Service) Change(ctx context.Context, id ledger.ID, v View) (View, error) {
	p, before, err := s.mine(ctx, id)
	if err != nil {
		return View{}, err
	}
	v.ID, v.MadeBy, v.Maker = before.ID, before.MadeBy, before.Maker
	if before.Shared && !v.Shared && !mine(p, &before) {
		return View{}, fault.New("view.of_another", "the view is another's: it can't become yours alone").At("shared").Classed(fault.Config).
			Hinted("keep it under a new name for yourself")
	}
	return s.put(ctx, p, v)
}

// Remove forgets a view.
func (s *Service) Remove(ctx context.Context, id ledger.ID) error {
	p, before, err := s.mine(ctx, id)
	if err != nil {
		return err
	}
	if err := s.Store.Remove(ctx, p.Workspace, id); err != nil {
		return missing(err)
	}
	if before.Shared {
		s.Log.InfoContext(ctx, "a person removed a shared view", "view", before.Name, "by", p.Name)
	}
	return nil
}

// Choose lets the caller's ledger open with a view, "" for none.
func (s *Service) Choose(ctx context.Context, id string) error {
	all, err := s.All(ctx)
	if err != nil {
		return err
	}
	p, err := s.person(ctx)
	if err != nil {
		return err
	}
	if id != "" && !all.has(id) {
		return access.Missing()
	}
	return s.Store.Choose(ctx, p.Workspace, p.User, id)
}

// person gives who calls where it is somebody who can have things of her own.
func (s *Service) person(ctx context.Context) (access.Principal, error) {
	p, err := access.Of(ctx)
	if err == nil && p.User == 0 {
		err = fault.New("view.nobody", "only a person has views of her own").Classed(fault.Config).Hinted("share the view")
	}
	return p, err
}

// mine gives a view that the caller may change.
func (s *Service) mine(ctx context.Context, id ledger.ID) (access.Principal, View, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return p, View{}, err
	}
	all, err := s.Store.Views(ctx, p.Workspace, p.User)
	if err != nil {
		return p, View{}, err
	}
	i := slices.IndexFunc(all, func(v View) bool { return v.ID == id })
	if i < 0 {
		return p, View{}, access.Missing()
	}
	if mark(ctx, p, &all[i]); !all[i].Changeable {
		return p, View{}, access.Authorize(ctx, access.Edit, p.Workspace)
	}
	return p, all[i], nil
}

func mine(p access.Principal, v *View) bool { return p.User != 0 && v.MadeBy == p.User }

// mark says whose view it is to the caller.
func mark(ctx context.Context, p access.Principal, v *View) {
	v.Mine = mine(p, v)
	can := func(action access.Action) bool { return access.Authorize(ctx, action, p.Workspace) == nil }
	v.Changeable = !v.Shared && v.Mine || v.Shared && (v.Mine && can(access.Operate) || can(access.Edit))
}

// put checks and keeps a view.
func (s *Service) put(ctx context.Context, p access.Principal, v View) (View, error) {
	if v.Shared {
		if err := access.Authorize(ctx, access.Operate, p.Workspace); err != nil {
			return View{}, err
		}
	} else if _, err := s.person(ctx); err != nil {
		return View{}, err
	}
	v.Name = strings.TrimSpace(v.Name)
	if err := check(v); err != nil {
		return View{}, err
	}
	v.Updated = ledger.At(s.Clock())
	kept, refusal, err := s.Store.Put(ctx, p.Workspace, v, MaxViews)
	switch {
	case err != nil:
		return View{}, missing(err)
	case refusal == Taken:
		return View{}, fault.New("view.name_taken", "there is a view named %q already", v.Name).At("name").Arg("name", v.Name).Classed(fault.Data).
			Hinted("choose another name, or overwrite that view")
	case refusal == TooMany:
		return View{}, fault.New("view.too_many", "there are %d views already", MaxViews).Classed(fault.Data).Hinted("delete one that nobody uses")
	case refusal == Changed:
		return View{}, fault.New("view.conflict", "somebody else changed the view since").Classed(fault.Data).
			Hinted("look at it as it is now, and change that")
	}
	mark(ctx, p, &kept)
	if kept.Shared {
		s.Log.InfoContext(ctx, "a person shared a view", "view", kept.Name, "by", p.Name)
	}
	return kept, nil
}

// check refuses what is no view.
func check(v View) error {
	switch {
	case v.Name == "":
		return fault.New("view.name_missing", "a view has a name").At("name").Classed(fault.Data)
	case utf8.RuneCountInString(v.Name) > MaxName:
		return fault.New("view.name_too_long", "the name of a view has %d letters at most", MaxName).At("name").Classed(fault.Data)
	case !utf8.ValidString(v.Name) || strings.ContainsFunc(v.Name, unicode.IsControl):
		return fault.New("view.name_invalid", "the name of a view is one line of text").At("name").Classed(fault.Data)
	case !slices.Contains([]Period{"", Today, Yesterday, Week, Month}, v.Period):
		return fault.New("view.period_unknown", "%q is no period", v.Period).At("period").Arg("value", string(v.Period)).Classed(fault.Data)
	case v.Period != "" && (v.Filter.UpdatedFrom != "" || v.Filter.UpdatedTo != ""):
		return fault.New("view.two_times", "a view has a period or times, not both").At("period").Classed(fault.Data)
	}
	filter := v.Filter
	filter.Fields = v.Columns
	return filter.Check()
}

func missing(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}

// shipped are the views that everybody begins with.
func shipped() []Shipped {
	standing := []string{ledger.Rejected.String(), ledger.Unmapped.String(), ledger.NeedsDecision.String()}
	view := func(id string, period Period, states ...string) Shipped {
		return Shipped{id, Content{Filter: document.Filter{States: states}, Period: period}}
	}
	return []Shipped{
		view("needs_me", "", standing...),
		view("failed_today", Today, ledger.Rejected.String()),
		view("needs_decision", "", ledger.NeedsDecision.String()),
		view("delivered_today", Today, ledger.Delivered.String()),
		view("waiting", "", ledger.Waiting.String(), string(ledger.SlotClaimed), ledger.Held.String(), ledger.RetryAt.String()),
	}
}
