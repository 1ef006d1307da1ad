package function

import (
	"strconv"
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"
)

// agree rewrites what the evaluator answers differently from a MariaDB: it compares
// blanks at the end of texts, finds NULL where no part of a text matches, and takes a
// text that is no date for the beginning of time.
func (r *rewriter) agree(e sqlparser.Expr) sqlparser.Expr {
	switch x := e.(type) {
	case *sqlparser.ComparisonExpr:
		if x.Operator == sqlparser.LikeOp || x.Operator == sqlparser.NotLikeOp || x.Operator == sqlparser.RegexpOp || x.Operator == sqlparser.NotRegexpOp {
			return e
		}
		x.Left, x.Right = r.unpadded(x.Left), r.unpadded(x.Right)
	case *sqlparser.BetweenExpr:
		x.Left, x.From, x.To = r.unpadded(x.Left), r.unpadded(x.From), r.unpadded(x.To)
	case *sqlparser.CaseExpr:
		if x.Expr != nil {
			x.Expr = r.unpadded(x.Expr)
			for _, w := range x.Whens {
				w.Cond = r.unpadded(w.Cond)
			}
		}
	case *sqlparser.RegexpSubstrExpr:
		if !r.agreed[x] {
			r.agreed[x] = true
			known := func(e sqlparser.Expr) sqlparser.Expr {
				return &sqlparser.IsExpr{Left: e, Right: sqlparser.IsNotNullOp}
			}
			missing := &sqlparser.AndExpr{
				Left:  &sqlparser.AndExpr{Left: known(x.Expr), Right: known(x.Pattern)},
				Right: &sqlparser.IsExpr{Left: x, Right: sqlparser.IsNullOp},
			}
			return &sqlparser.CaseExpr{Whens: []*sqlparser.When{{Cond: missing, Val: sqlparser.NewStrLiteral("")}}, Else: x}
		}
	case *sqlparser.FuncExpr:
		if x.Name.EqualString("unix_timestamp") && len(x.Exprs) == 1 && !r.agreed[x] {
			r.agreed[x] = true
			moment := &sqlparser.CastExpr{Expr: x.Exprs[0], Type: &sqlparser.ConvertType{Type: "datetime"}}
			return &sqlparser.CaseExpr{Whens: []*sqlparser.When{{Cond: &sqlparser.IsExpr{Left: moment, Right: sqlparser.IsNotNullOp}, Val: x}}}
		}
	default:
	}
	return e
}

// unpadded takes the blanks off the end of what is surely a text.
func (r *rewriter) unpadded(e sqlparser.Expr) sqlparser.Expr {
	switch x := e.(type) {
	case *sqlparser.Literal:
		if x.Type == sqlparser.StrVal {
			return sqlparser.NewStrLiteral(strings.TrimRight(x.Val, " "))
		}
	case *sqlparser.Argument:
		if i, err := strconv.Atoi(strings.TrimPrefix(x.Name, "v")); err == nil && r.expr.slots[i].quoted {
			return &sqlparser.TrimFuncExpr{TrimFuncType: sqlparser.RTrimType, StringArg: e}
		}
	case sqlparser.ValTuple:
		for i := range x {
			x[i] = r.unpadded(x[i])
		}
	case *sqlparser.FuncExpr:
		if textual[x.Name.Lowered()] {
			return &sqlparser.TrimFuncExpr{TrimFuncType: sqlparser.RTrimType, StringArg: e}
		}
	case *sqlparser.SubstrExpr:
		return &sqlparser.TrimFuncExpr{TrimFuncType: sqlparser.RTrimType, StringArg: e}
	default:
	}
	return e
}

// textual are calls that give a text whatever they are given.
//
//nolint:gochecknoglobals // a table that nobody changes
var textual = map[string]bool{
	"concat": true, "concat_ws": true, "left": true, "right": true, "upper": true, "ucase": true, "lower": true, "lcase": true,
	"replace": true, "lpad": true, "rpad": true, "repeat": true, "substring_index": true,
}
