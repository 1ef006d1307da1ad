package lookup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// answering answers with itself.
type answering func(asked []item.Lookup) (map[string]lookup.Found, error)

func (a answering) Answer(_ context.Context, _ ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error) {
	return a(asked)
}

func TestUntil(t *testing.T) {
	t.Parallel()
	l := in("name", "no", "1")
	values := []item.Value{item.Of([]byte(`"one"`))}
	found := answering(func([]item.Lookup) (map[string]lookup.Found, error) {
		return map[string]lookup.Found{l.Key(): {Values: values}}, nil
	})
	broken := errors.New("the disk is full")
	for name, c := range map[string]struct {
		by   lookup.Answerer
		do   func(answers item.Answers) error
		gone int
		code string
		err  error
	}{
		"nothing to ask":  {found, func(item.Answers) error { return nil }, 0, "", nil},
		"its own failure": {found, func(item.Answers) error { return broken }, 0, "", broken},
		"asked and answered": {found, func(answers item.Answers) error {
			if answers[l.Key()] == nil {
				return &node.UnansweredError{Needs: []item.Lookup{l}}
			}
			return nil
		}, 0, "", nil},
		"missing": {found, func(item.Answers) error { return &node.UnansweredError{Missing: []item.Lookup{l}} }, 1, "", nil},
		"endless": {lookup.Nothing{}, func(item.Answers) error { return &node.UnansweredError{Needs: []item.Lookup{l}} }, 0, "lookup.endless", nil},
		"a broken answerer": {answering(func([]item.Lookup) (map[string]lookup.Found, error) { return nil, broken }), func(item.Answers) error {
			return &node.UnansweredError{Needs: []item.Lookup{l}}
		}, 0, "", broken},
		"an answer that can't be had": {answering(func([]item.Lookup) (map[string]lookup.Found, error) {
			return map[string]lookup.Found{l.Key(): {Fault: fault.New("vendor.1", "no")}}, nil
		}), func(item.Answers) error { return &node.UnansweredError{Needs: []item.Lookup{l}} }, 0, "vendor.1", nil},
	} {
		answers := item.Answers{}
		missing, err := lookup.Until(t.Context(), c.by, 1, answers, func() error { return c.do(answers) })
		if len(missing) != c.gone || fault.CodeOf(err) != c.code || c.code == "" && !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v", name, missing, err)
		}
	}
}
