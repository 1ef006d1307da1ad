package ksql

import "fmt"

// truth is SQL's logic: what is compared with Null is unknown.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

type getter func(field string) Value

type node interface {
	eval(get getter) (truth, error)
}

type both struct{ left, right node }

func (n both) eval(get getter) (truth, error) {
	left, err := n.left.eval(get)
	if err != nil || left == no {
		return left, err
	}
	right, err := n.right.eval(get)
	return min(left, right), err
}

type either struct{ left, right node }

func (n either) eval(get getter) (truth, error) {
	left, err := n.left.eval(get)
	if err != nil || left == yes {
		return left, err
	}
	right, err := n.right.eval(get)
	return max(left, right), err
}

type not struct{ inner node }

func (n not) eval(get getter) (truth, error) {
	t, err := n.inner.eval(get)
	return yes - t, err
}

// operand is a field or a literal.
type operand struct {
	field   string
	literal Value
}

func (o operand) value(get getter) Value {
	if o.field != "" {
		return get(o.field)
	}
	return o.literal
}

type comparison struct {
	left, right operand
	op          string
}

func (n comparison) eval(get getter) (truth, error) {
	c, known, err := order(n.left, n.right, get)
	if err != nil || !known {
		return unknown, err
	}
	switch n.op {
	case "=":
		return truthOf(c == 0), nil
	case "<>":
		return truthOf(c != 0), nil
	case "<":
		return truthOf(c < 0), nil
	case "<=":
		return truthOf(c <= 0), nil
	case ">":
		return truthOf(c > 0), nil
	case ">=":
		return truthOf(c >= 0), nil
	}
	return no, fmt.Errorf("unknown comparison %q", n.op)
}

// order compares by the kind of the field; two literals by their own.
func order(left, right operand, get getter) (c int, known bool, err error) {
	a, b := left.value(get), right.value(get)
	if a.Kind == Null || b.Kind == Null {
		return 0, false, nil
	}
	kind := a.Kind
	switch {
	case left.field == "" && right.field != "":
		kind = b.Kind
	case a.Kind != b.Kind && (left.field == "") == (right.field == ""):
		kind = Text
	}
	c, err = compareAs(kind, a.Text, b.Text)
	return c, true, err
}

type among struct {
	left operand
	list []operand
}

func (n among) eval(get getter) (truth, error) {
	found := no
	for _, candidate := range n.list {
		t, err := comparison{n.left, candidate, "="}.eval(get)
		if err != nil || t == yes {
			return t, err
		}
		found = max(found, t)
	}
	return found, nil
}

type like struct{ left, pattern operand }

func (n like) eval(get getter) (truth, error) {
	value, pattern := n.left.value(get), n.pattern.value(get)
	if value.Kind == Null || pattern.Kind == Null {
		return unknown, nil
	}
	return truthOf(matches([]rune(value.Text), []rune(pattern.Text))), nil
}

// matches tells whether text fits a pattern of % (any run) and _ (one sign).
func matches(text, pattern []rune) bool {
	at, p, star, retry := 0, 0, -1, 0
	for at < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '%':
			star, retry = p, at
			p++
		case p < len(pattern) && (pattern[p] == '_' || pattern[p] == text[at]):
			at, p = at+1, p+1
		case star >= 0:
			retry++
			at, p = retry, star+1
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '%' {
		p++
	}
	return p == len(pattern)
}

type isNull struct{ inner operand }

func (n isNull) eval(get getter) (truth, error) {
	return truthOf(n.inner.value(get).Kind == Null), nil
}
