package jsvm

import (
	"errors"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"

	"github.com/karezflow/karez/engine/script/internal/plain"
	"github.com/karezflow/karez/engine/script/internal/spot"
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
	s := spot.Of(source, at.Line, at.Column)
	return s.Mark(fault.New("script.syntax", "line %d, column %d: %s", s.Line, s.Column, plain.Clip(message, 300))).Classed(fault.Config)
}
