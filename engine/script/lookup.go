package script

import (
	"reflect"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// answers gives, of what is known to the documents, what the script may ask. The
// documents of a walk share their answers, which are not gone through for each.
func (s *Script) answers(batch []item.Item) (map[string][]string, error) {
	if len(s.lookups) == 0 {
		return nil, nil
	}
	all, size := map[string][]string{}, 0
	last := uintptr(0)
	for _, in := range batch {
		at := reflect.ValueOf(in.Answers).Pointer()
		if at == last {
			continue
		}
		last = at
		for key, values := range in.Answers {
			if !s.asks(key) {
				continue
			}
			all[key] = texts(values)
			for _, v := range all[key] {
				size += len(v)
			}
		}
	}
	if size > maxRequest {
		return nil, fault.New("script.answers_too_large", "the look-ups of the script found %d MiB; a script takes at most %d", size>>20, maxRequest>>20).
			Classed(fault.Data).Hinted("look for a field instead of whole documents")
	}
	return all, nil
}

func (s *Script) asks(key string) bool {
	for _, l := range s.lookups {
		if l.Ask.Asks(key) {
			return true
		}
	}
	return false
}

func texts(values []item.Value) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v.Raw())
	}
	return list
}

// standing is the result of a document that can't go on without look-ups.
func (s *Script) standing(res jsvm.Result) node.Result {
	if len(res.Needs) > 0 {
		return node.Result{Needs: s.asked(res.Needs)}
	}
	return node.Result{Missing: s.asked(res.Missing)}
}

func (s *Script) asked(list []asking.Asked) []item.Lookup {
	var asked []item.Lookup
	for _, a := range list {
		if a.Lookup >= len(s.lookups) {
			continue // no worker of ours says so
		}
		l := s.lookups[a.Lookup].Ask
		where := make([]item.Equal, min(len(l.Where), len(a.Values)))
		for i := range where {
			where[i] = item.Equal{Path: l.Where[i].Path, Value: a.Values[i]}
		}
		l.Where = where
		asked = append(asked, l)
	}
	return asked
}
