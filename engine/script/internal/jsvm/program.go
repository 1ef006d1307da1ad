package jsvm

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"

	"github.com/karezflow/karez/sdk/fault"
)

// fileName marks the frames of a stack that are in the user's source.
const fileName = "script"

// Program is a compiled script. It may be run by several goroutines.
type Program struct {
	code, entry *goja.Program
	batch       bool
	parses      bool // the source may call JSON.parse
	source      string
}

// Batch reports whether the script takes whole batches (transformBatch).
func (p *Program) Batch() bool { return p.batch }

// Compile parses a script without running any of it. Its faults are
// "script.syntax", with Args line, column (from 1, in characters) and excerpt (the
// line with a caret below), and "script.no_transform". Neither transform nor
// transformBatch may be hidden inside another declaration.
func Compile(source string) (*Program, error) {
	// A source map comment would make the parser read a file of the host.
	tree, err := parser.ParseFile(nil, fileName, source, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, syntaxFault(source, err)
	}
	name := entryOf(tree)
	if name == "" {
		return nil, fault.New("script.no_transform", "the script declares neither transform nor transformBatch").
			Hinted("Begin with: function transform(doc, ctx) { return doc }").Classed(fault.Config)
	}
	code, err := goja.CompileAST(tree, true)
	if err != nil {
		return nil, syntaxFault(source, err)
	}
	entry, err := goja.Compile("", name, true)
	if err != nil {
		return nil, fault.From(err)
	}
	return &Program{
		code: code, entry: entry, source: source,
		batch:  name == "transformBatch",
		parses: strings.Contains(source, "parse"),
	}, nil
}

func entryOf(tree *ast.Program) string {
	found := ""
	declare := func(name string) {
		if name == "transformBatch" || name == "transform" && found == "" {
			found = name
		}
	}
	bindings := func(list []*ast.Binding) {
		for _, b := range list {
			if id, ok := b.Target.(*ast.Identifier); ok {
				declare(id.Name.String())
			}
		}
	}
	for _, statement := range tree.Body {
		switch s := statement.(type) {
		case *ast.FunctionDeclaration:
			declare(s.Function.Name.Name.String())
		case *ast.LexicalDeclaration:
			bindings(s.List)
		case *ast.VariableStatement:
			bindings(s.List)
		}
	}
	return found
}

func syntaxFault(source string, err error) *fault.Fault {
	var (
		list    parser.ErrorList
		late    *goja.CompilerSyntaxError
		at      file.Position
		message = err.Error()
	)
	switch {
	case errors.As(err, &list) && len(list) > 0:
		at, message = list[0].Position, list[0].Message
	case errors.As(err, &late):
		message = late.Message
		if late.File != nil {
			at = late.File.Position(late.Offset)
		}
	}
	p := place(source, at)
	return p.mark(fault.New("script.syntax", "line %d, column %d: %s", p.line, p.column, clip(message, 300)).Classed(fault.Config))
}

// spot is a place in the user's source, counted from 1 in lines and characters.
type spot struct {
	line, column int
	excerpt      string
}

// place turns a position of the interpreter, which counts bytes, into a spot.
func place(source string, at file.Position) spot {
	lines := strings.Split(source, "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return spot{line: max(at.Line, 1), column: max(at.Column, 1)}
	}
	text := strings.TrimSuffix(lines[at.Line-1], "\r")
	before := text[:min(max(at.Column-1, 0), len(text))]
	return spot{line: at.Line, column: utf8.RuneCountInString(before) + 1, excerpt: excerpt(before, text)}
}

// excerpt shows the end of before, the rest of the line and a caret under the
// place. Wide characters are matched by a wide blank so that the caret stands right.
func excerpt(before, line string) string {
	const around = 60
	shown := []rune(before)
	if len(shown) > around {
		shown = shown[len(shown)-around:]
	}
	after := []rune(line[len(before):])
	after = after[:min(len(after), around)]
	pad := make([]rune, len(shown))
	for i, c := range shown {
		switch {
		case c == '\t':
			pad[i] = '\t'
		case c >= 0x1100:
			pad[i] = '\u3000'
		default:
			pad[i] = ' '
		}
	}
	return string(shown) + string(after) + "\n" + string(pad) + "^"
}

func (s spot) mark(f *fault.Fault) *fault.Fault {
	f = f.Arg("line", strconv.Itoa(s.line)).Arg("column", strconv.Itoa(s.column))
	if s.excerpt != "" {
		f = f.Arg("excerpt", s.excerpt)
	}
	return f
}
