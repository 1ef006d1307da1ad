package function

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"vitess.io/vitess/go/vt/sqlparser"
	"vitess.io/vitess/go/vt/vtenv"

	"github.com/karezflow/karez/sdk/fault"
)

// sqlText is an expression with bind variables in the place of placeholders.
type sqlText struct {
	text strings.Builder
	// marks pair a place in text with the place in the pieces that it stands for.
	marks []mark
}

type mark struct{ text, piece int }

// before is what the parser wants before an expression.
const before = "select "

// assemble puts bind variables where placeholders stand. A quoted literal with
// placeholders becomes the joining of its parts.
func (e *Expr) assemble(pieces []Piece) (*sqlText, *fault.Fault) {
	sql := &sqlText{}
	sql.text.WriteString(before)
	lex := lexer{sql: sql}
	for _, p := range pieces {
		if lex.quote == 0 && p.Placeholder {
			sql.text.WriteByte(' ') // letters and digits beside a placeholder are not part of its name
		}
		if lex.quote == 0 {
			sql.marks = append(sql.marks, mark{sql.text.Len(), lex.at})
		}
		if !p.Placeholder {
			lex.text(p.Text)
			continue
		}
		if lex.quote == '`' {
			return nil, syntax(lex.at, "no placeholder inside `…`")
		}
		lex.placeholder(":" + slotKey(len(e.slots)))
		e.slots = append(e.slots, slot{quoted: lex.quote != 0})
		lex.at += len(p.Text)
	}
	if lex.quote != 0 {
		return nil, syntax(lex.open, "a closing "+string(lex.quote)+" for this one")
	}
	return sql, nil
}

// lexer copies text and gathers the parts of quoted literals.
type lexer struct {
	sql *sqlText
	// at counts bytes of the pieces; open is where the open quote stands.
	at, open int
	quote    byte
	// parts are those of the open literal, each as SQL; the last one, still open, is begun.
	parts []string
	begun strings.Builder
}

func (l *lexer) text(s string) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case l.quote == 0 && (c == '\'' || c == '"' || c == '`'):
			l.quote, l.open = c, l.at+i
		case l.quote == 0:
			l.sql.text.WriteByte(c)
		case i+1 < len(s) && (c == l.quote && s[i+1] == c || c == '\\' && l.quote != '`'):
			l.begun.WriteString(s[i : i+2])
			i++
		case c == l.quote:
			l.close()
		default:
			l.begun.WriteByte(c)
		}
	}
	l.at += len(s)
}

func (l *lexer) placeholder(variable string) {
	if l.quote == 0 {
		l.sql.text.WriteString(variable + " ")
		return
	}
	l.part()
	l.parts = append(l.parts, variable)
}

// part ends the part that is begun.
func (l *lexer) part() {
	if l.begun.Len() > 0 {
		l.parts = append(l.parts, string(l.quote)+l.begun.String()+string(l.quote))
		l.begun.Reset()
	}
}

func (l *lexer) close() {
	l.part()
	switch len(l.parts) {
	case 0:
		l.sql.text.WriteString(string(l.quote) + string(l.quote))
	case 1:
		l.sql.text.WriteString(l.parts[0])
	default:
		l.sql.text.WriteString("concat(" + strings.Join(l.parts, ",") + ")")
	}
	l.parts, l.quote = nil, 0
}

// parse reads exactly one expression.
func (s *sqlText) parse(env *vtenv.Environment) (sqlparser.Expr, *fault.Fault) {
	stmt, err := env.Parser().Parse(s.text.String())
	if err != nil {
		return nil, s.refused(err)
	}
	sel, ok := stmt.(*sqlparser.Select)
	if !ok || len(sel.SelectExprs.Exprs) != 1 {
		return nil, syntax(0, "one expression")
	}
	one, ok := sel.SelectExprs.Exprs[0].(*sqlparser.AliasedExpr)
	// Written out again it must be the expression and nothing else: no FROM, no alias, no comment.
	if !ok || !strings.EqualFold(sqlparser.String(stmt), before+sqlparser.String(one.Expr)+" from dual") {
		return nil, syntax(0, "one expression")
	}
	return one.Expr, nil
}

// refused makes the fault of a text that the parser did not take.
func (s *sqlText) refused(err error) *fault.Fault {
	found := position.FindStringSubmatch(err.Error())
	if found == nil {
		return syntax(0, "an expression: "+reason(err))
	}
	at, _ := strconv.Atoi(found[1])
	text, near := s.text.String(), found[2]
	if near == "" && at > len(text) {
		return syntax(s.offset(len(text)), "more: the expression ends too early")
	}
	if at -= 1 + len(near); near == "" {
		at-- // signs are not named
	}
	at = min(max(at, len(before)), len(text)-1)
	if !strings.HasPrefix(text[at:], near) || near == "" {
		for !utf8.RuneStart(text[at]) || text[at] == ' ' && at+1 < len(text) {
			at++
		}
		sign, _ := utf8.DecodeRuneInString(text[at:])
		near = string(sign)
	}
	return syntax(s.offset(at), "something else than "+strconv.Quote(near))
}

// position is how the parser tells where it stopped.
var position = regexp.MustCompile(`at position (\d+)(?: near '(.*)')?`)

// offset gives the place in the pieces of a place in the text.
func (s *sqlText) offset(text int) int {
	last := mark{len(before), 0}
	for _, m := range s.marks {
		if m.text <= text {
			last = m
		}
	}
	return last.piece + max(text-last.text, 0)
}

func syntax(offset int, want string) *fault.Fault {
	return fault.New("function.syntax", "expected %s", want).Arg("offset", strconv.Itoa(offset)).Arg("expected", want).Classed(fault.Config)
}

// textOf writes the pieces as the author did.
func textOf(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

// reason gives the words of an evaluator's error without what is of use to its own makers only.
func reason(err error) string {
	text := err.Error()
	text = strings.TrimPrefix(text, "Code: INVALID_ARGUMENT\n")
	text = strings.TrimPrefix(text, "Code: UNIMPLEMENTED\n")
	text, _, _ = strings.Cut(text, "\n")
	return text
}
