package limit

import (
	"context"
	"slices"
	"time"

	"github.com/karezflow/karez/sdk/manifest"
)

// Own is what people set in place of a declared limit's calls.
type Own struct {
	manifest.Limit

	Allowed int `json:"allowed"`
}

func (o Own) rule() rule { return ruleOf(o.Limit) }

// View is how a bucket stands, over all processes.
type View struct {
	Rules []RuleView
	// Paused is how long no call is made, 0 when calls are.
	Paused time.Duration
	// Refused is how long ago the vendor last asked for fewer calls, with its code; 0 when it never did.
	Refused time.Duration
	Code    string
	// Level is what is left of the whole, in thousandths.
	Level int
}

// RuleView is how a rule stands.
type RuleView struct {
	manifest.Limit

	// Own is what people set in place of Calls; 0 when nothing.
	Own int
	// Allowed calls pass in each Within at present.
	Allowed int
	Within  time.Duration
	// Used calls are counted now: of the operation that has the most, where they are counted apart.
	Used int
}

// View tells how a bucket stands under rules.
func (r *Room) View(ctx context.Context, name string, rules []manifest.Limit) (View, error) {
	now, data, err := r.Store.State(ctx, name)
	if err != nil {
		return View{}, err
	}
	s, err := decode(data)
	if err != nil {
		return View{}, err
	}
	now = s.move(now)
	v := View{Level: s.Pace.level(now), Code: s.Pace.Code, Paused: time.Duration(max(s.Pace.Until-now, 0)) * time.Millisecond}
	if s.Pace.Refused > 0 {
		v.Refused = time.Duration(max(now-s.Pace.Refused, 1)) * time.Millisecond
	}
	for _, l := range rules {
		v.Rules = append(v.Rules, s.view(l, now))
	}
	if len(rules) == 0 && v.Level < whole {
		v.Rules = []RuleView{s.view(assumed(), now)}
	}
	return v, nil
}

func (s *state) view(l manifest.Limit, now int64) RuleView {
	c := s.rule(ruleOf(l), now)
	calls, per := s.allowed(c.rule, now)
	v := RuleView{Limit: l, Allowed: calls, Within: l.Per.Std()}
	if per != c.widened() {
		v.Within = time.Duration(per) * time.Millisecond
	}
	if i := slices.IndexFunc(s.Own, func(o Own) bool { return o.rule() == c.rule }); i >= 0 {
		v.Own = s.Own[i].Allowed
	}
	for _, lg := range c.Logs {
		used := 0
		for _, g := range lg.Grants {
			if g.T > now-per {
				used += g.N
			}
		}
		v.Used = max(v.Used, used)
	}
	return v
}

// Set puts calls of people's own in place of those of a declared rule, for all
// processes; with 0 the declared ones hold again.
func (r *Room) Set(ctx context.Context, name string, l manifest.Limit, allowed int) error {
	return r.change(ctx, name, func(now int64, s *state) {
		s.move(now)
		s.Own = slices.DeleteFunc(s.Own, func(o Own) bool { return o.rule() == ruleOf(l) })
		if allowed > 0 {
			s.Own = append(s.Own, Own{l, allowed})
		}
	})
}

// Forgive forgets that the vendor asked for fewer calls.
func (r *Room) Forgive(ctx context.Context, name string) error {
	return r.change(ctx, name, func(now int64, s *state) {
		s.move(now)
		s.Pace = pace{}
	})
}
