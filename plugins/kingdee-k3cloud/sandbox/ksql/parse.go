package ksql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth bounds how deep conditions nest, so that a request cannot exhaust the stack.
const maxDepth = 200

// Parse reads a condition: fields, quoted texts (a quote inside is doubled),
// {ts'…'}, numbers, = <> != < <= > >=, IN, LIKE, BETWEEN, IS NULL, NOT, AND, OR
// and parentheses. An empty text passes every row.
func Parse(text string) (*Filter, error) {
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	if p.peek().kind == end {
		return &Filter{}, nil
	}
	root, err := p.any(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != end {
		return nil, t.unexpected()
	}
	return &Filter{root, p.fields}, nil
}

type tokenKind uint8

const (
	end tokenKind = iota
	word
	text
	number
	sign
)

type token struct {
	kind  tokenKind
	value string
	at    int
}

func (t token) unexpected() error {
	if t.kind == end {
		return errors.New("the condition ends too early")
	}
	return fmt.Errorf("%q is unexpected at character %d", t.value, t.at+1)
}

func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.value, keyword) }

func scan(s string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		t, next, err := scanOne(s, i)
		if err != nil {
			return nil, err
		}
		if t.kind != end {
			tokens = append(tokens, t)
		}
		i = next
	}
	return append(tokens, token{kind: end, at: len(s)}), nil
}

func scanOne(s string, i int) (token, int, error) {
	r, size := utf8.DecodeRuneInString(s[i:])
	switch {
	case unicode.IsSpace(r):
		return token{}, i + size, nil
	case r == '\'':
		value, next, err := scanText(s, i)
		return token{text, value, i}, next, err
	case r == '{':
		return scanTime(s, i)
	case r >= '0' && r <= '9' || r == '-' || r == '+':
		next := i + 1
		for next < len(s) && (s[next] >= '0' && s[next] <= '9' || s[next] == '.') {
			next++
		}
		if _, ok := ParseDecimal(s[i:next]); !ok {
			return token{}, 0, fmt.Errorf("%q is no number at character %d", s[i:next], i+1)
		}
		return token{number, s[i:next], i}, next, nil
	case unicode.IsLetter(r) || r == '_':
		next := i
		for next < len(s) {
			r, size := utf8.DecodeRuneInString(s[next:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' {
				break
			}
			next += size
		}
		return token{word, s[i:next], i}, next, nil
	}
	for _, op := range []string{"<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ","} {
		if strings.HasPrefix(s[i:], op) {
			return token{sign, op, i}, i + len(op), nil
		}
	}
	return token{}, 0, fmt.Errorf("%q is unexpected at character %d", string(r), i+1)
}

func scanText(s string, i int) (value string, next int, err error) {
	var b strings.Builder
	for j := i + 1; j < len(s); j++ {
		switch {
		case s[j] != '\'':
			b.WriteByte(s[j])
		case j+1 < len(s) && s[j+1] == '\'':
			b.WriteByte('\'')
			j++
		default:
			return b.String(), j + 1, nil
		}
	}
	return "", 0, fmt.Errorf("the text that begins at character %d has no end", i+1)
}

// scanTime reads {ts'2026-01-01 00:00:00'} and {d'2026-01-01'}.
func scanTime(s string, i int) (token, int, error) {
	quote := strings.IndexByte(s[i:], '\'')
	if quote > 0 {
		name := strings.TrimSpace(s[i+1 : i+quote])
		value, next, err := scanText(s, i+quote)
		if (name == "ts" || name == "d") && err == nil && next < len(s) && s[next] == '}' {
			return token{text, value, i}, next + 1, nil
		}
	}
	return token{}, 0, fmt.Errorf("the brace at character %d does not begin a time such as {ts'2026-01-01 00:00:00'}", i+1)
}

type parser struct {
	tokens []token
	at     int
	fields []string
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) take(keyword string) bool {
	if p.peek().is(keyword) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(value string) error {
	if t := p.next(); t.kind != sign || t.value != value {
		return t.unexpected()
	}
	return nil
}

func (p *parser) any(depth int) (node, error) {
	return p.chain(depth, "OR", p.all, either)
}

func (p *parser) all(depth int) (node, error) {
	return p.chain(depth, "AND", p.one, both)
}

// chain reads parts that stand between keywords, and joins them from the left.
func (p *parser) chain(depth int, keyword string, part func(int) (node, error), join func(left, right node) node) (node, error) {
	left, err := part(depth)
	for err == nil && p.take(keyword) {
		var right node
		right, err = part(depth)
		left = join(left, right)
	}
	return left, err
}

func (p *parser) one(depth int) (node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("conditions nest deeper than %d levels", maxDepth)
	}
	if p.take("NOT") {
		inner, err := p.one(depth + 1)
		return not(inner), err
	}
	if t := p.peek(); t.kind == sign && t.value == "(" {
		p.at++
		inner, err := p.any(depth + 1)
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	return p.predicate()
}

func (p *parser) predicate() (node, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if p.take("IS") {
		negated := p.take("NOT")
		if !p.take("NULL") {
			return nil, p.peek().unexpected()
		}
		return negate(negated, isNull(left)), nil
	}
	negated := p.take("NOT")
	switch t := p.next(); {
	case t.is("IN"):
		list, err := p.list()
		return negate(negated, among(left, list)), err
	case t.is("LIKE"):
		pattern, err := p.operand()
		return negate(negated, like(left, pattern)), err
	case t.is("BETWEEN"):
		low, high, err := p.bounds()
		return negate(negated, both(compare(left, ">=", low), compare(left, "<=", high))), err
	case t.kind == sign && !negated && slices.Contains([]string{"=", "<>", "!=", "<", "<=", ">", ">="}, t.value):
		right, err := p.operand()
		return compare(left, strings.Replace(t.value, "!=", "<>", 1), right), err
	default:
		return nil, t.unexpected()
	}
}

func (p *parser) bounds() (low, high operand, err error) {
	if low, err = p.operand(); err != nil {
		return low, high, err
	}
	if !p.take("AND") {
		return low, high, p.peek().unexpected()
	}
	high, err = p.operand()
	return low, high, err
}

func (p *parser) list() ([]operand, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []operand
	for {
		o, err := p.operand()
		if err != nil {
			return nil, err
		}
		list = append(list, o)
		if t := p.next(); t.kind != sign || t.value != "," {
			if t.kind == sign && t.value == ")" {
				return list, nil
			}
			return nil, t.unexpected()
		}
	}
}

func (p *parser) operand() (operand, error) {
	switch t := p.next(); t.kind {
	case text:
		return operand{literal: Value{Text, t.value}}, nil
	case number:
		return operand{literal: Value{Number, t.value}}, nil
	case word:
		if slices.ContainsFunc([]string{"AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL", "BETWEEN"}, t.is) {
			return operand{}, t.unexpected()
		}
		if !slices.Contains(p.fields, t.value) {
			p.fields = append(p.fields, t.value)
		}
		return operand{field: t.value}, nil
	case end, sign:
		return operand{}, t.unexpected()
	default:
		return operand{}, t.unexpected()
	}
}

func negate(negated bool, n node) node {
	if negated {
		return not(n)
	}
	return n
}
