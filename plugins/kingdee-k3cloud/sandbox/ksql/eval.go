package ksql

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

// node is a condition that can be tried on a row.
type node func(get getter) (truth, error)

func both(left, right node) node {
	return func(get getter) (truth, error) {
		l, err := left(get)
		if err != nil || l == no {
			return l, err
		}
		r, err := right(get)
		return min(l, r), err
	}
}

func either(left, right node) node {
	return func(get getter) (truth, error) {
		l, err := left(get)
		if err != nil || l == yes {
			return l, err
		}
		r, err := right(get)
		return max(l, r), err
	}
}

func not(inner node) node {
	return func(get getter) (truth, error) {
		t, err := inner(get)
		return yes - t, err
	}
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

// compare gives the condition "left op right" for one of = <> < <= > >=.
func compare(left operand, op string, right operand) node {
	return func(get getter) (truth, error) {
		c, known, err := order(left, right, get)
		if err != nil || !known {
			return unknown, err
		}
		switch op {
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
		default:
			return truthOf(c >= 0), nil
		}
	}
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

// among looks a text up in a set, because lists of numbers are long; everything
// else is compared one by one.
func among(left operand, list []operand) node {
	texts := map[string]bool{}
	for _, candidate := range list {
		if candidate.field == "" && candidate.literal.Kind == Text {
			texts[candidate.literal.Text] = true
		}
	}
	return func(get getter) (truth, error) {
		if v := left.value(get); v.Kind == Text && len(texts) == len(list) {
			return truthOf(texts[v.Text]), nil
		}
		found := no
		for _, candidate := range list {
			c, known, err := order(left, candidate, get)
			switch {
			case err != nil:
				return unknown, err
			case !known:
				found = unknown
			case c == 0:
				return yes, nil
			}
		}
		return found, nil
	}
}

func like(left, pattern operand) node {
	return func(get getter) (truth, error) {
		value, wanted := left.value(get), pattern.value(get)
		if value.Kind == Null || wanted.Kind == Null {
			return unknown, nil
		}
		return truthOf(matches([]rune(value.Text), []rune(wanted.Text))), nil
	}
}

func isNull(inner operand) node {
	return func(get getter) (truth, error) {
		return truthOf(inner.value(get).Kind == Null), nil
	}
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
