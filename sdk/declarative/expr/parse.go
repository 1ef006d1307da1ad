package expr

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// mostNested bounds parentheses within parentheses.
const mostNested = 20

// parser reads one expression, behind its opening braces.
//
//	expression = sum { "|" name { term } }
//	sum        = term { "+" term }
//	term       = path | 'text' | number | "(" expression ")"
type parser struct {
	text, of string
	// at is where it reads, from where the text begins in the whole one.
	at, from int
	nested   int
	paths    *[]string
}

// whole reads up to and with the closing braces.
func (p *parser) whole() (*expression, error) {
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.space(); !strings.HasPrefix(p.text[p.at:], "}}") {
		return nil, p.wrong("}} is missing")
	}
	p.at += 2
	return e, nil
}

func (p *parser) expression() (*expression, error) {
	e := &expression{}
	for {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		e.sum = append(e.sum, t)
		if !p.takes('+') {
			break
		}
	}
	for p.takes('|') {
		c, err := p.call()
		if err != nil {
			return nil, err
		}
		e.calls = append(e.calls, c)
	}
	return e, nil
}

func (p *parser) call() (call, error) {
	p.space()
	c := call{name: p.match(`^[a-z][A-Za-z0-9]*`)}
	do, known := functions()[c.name]
	if !known {
		return c, p.wrong("there is no function %q", c.name).Hinted("the functions are %s", strings.Join(Functions(), ", "))
	}
	c.do = do
	for p.space(); p.at < len(p.text) && !strings.ContainsRune("|})+", rune(p.text[p.at])); p.space() {
		t, err := p.term()
		if err != nil {
			return c, err
		}
		c.args = append(c.args, t)
	}
	if len(c.args) < do.least || len(c.args) > do.most {
		return c, p.wrong("%s takes %s", c.name, do.takes())
	}
	return c, nil
}

func (p *parser) term() (term, error) {
	p.space()
	rest := p.text[p.at:]
	switch {
	case strings.HasPrefix(rest, "'"):
		text, closed := p.quoted()
		if !closed {
			return term{}, p.wrong("the text is not closed by '")
		}
		return term{fixed: textOf(text)}, nil
	case strings.HasPrefix(rest, "("):
		if p.nested++; p.nested > mostNested {
			return term{}, p.wrong("more than %d parentheses within each other", mostNested)
		}
		p.at++
		inner, err := p.expression()
		if err != nil {
			return term{}, err
		}
		if p.nested--; !p.takes(')') {
			return term{}, p.wrong(") is missing")
		}
		return term{inner: inner}, nil
	}
	if number := p.match(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?`); number != "" {
		return term{fixed: item.Of([]byte(number))}, nil
	}
	path := p.match(`^[A-Za-z_][A-Za-z0-9_]*(\.[\pL\pN_$-]+)*`)
	if path == "" {
		return term{}, p.wrong("a path such as settings.address, a text in '…' or a number is missing")
	}
	*p.paths = append(*p.paths, path)
	return term{path: path}, nil
}

// quoted reads a text in single quotes, of which two within it stand for one.
func (p *parser) quoted() (text string, closed bool) {
	var out strings.Builder
	for p.at++; ; p.at++ {
		end := strings.IndexByte(p.text[p.at:], '\'')
		if end < 0 {
			return "", false
		}
		out.WriteString(p.text[p.at : p.at+end])
		p.at += end + 1
		if !strings.HasPrefix(p.text[p.at:], "'") {
			return strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(out.String()), true
		}
		out.WriteByte('\'')
	}
}

func (p *parser) space() {
	p.at = len(p.text) - len(strings.TrimLeft(p.text[p.at:], " \t\r\n"))
}

// takes goes behind a mark if it stands here.
func (p *parser) takes(mark byte) bool {
	if p.space(); p.at >= len(p.text) || p.text[p.at] != mark {
		return false
	}
	p.at++
	return true
}

func (p *parser) match(pattern string) string {
	found := regexp.MustCompile(pattern).FindString(p.text[p.at:])
	p.at += len(found)
	return found
}

func (p *parser) wrong(format string, args ...any) *fault.Fault {
	at := utf8.RuneCountInString(p.of[:min(p.from+p.at, len(p.of))]) + 1
	return fault.New("definition.expression", "%s, at character %d of %q", fmt.Sprintf(format, args...), at, p.of).Classed(fault.Config)
}
