package books

import (
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/ksql"
	"github.com/karezflow/karez/sdk/item"
)

// selection is a query as it was asked, resolved against its form.
type selection struct {
	columns []column
	filter  *ksql.Filter
	orders  []order
	byKey   map[string]column
	// lines tells that rows are lines; filtered that the filter reads lines.
	lines, filtered bool
	top             int
	start           int
	limit           int
}

type order struct {
	column
	desc bool
}

// Query gives the rows of ExecuteBillQuery, or with names those of BillQuery, as a JSON array.
func (s *Books) Query(form string, data item.Value, names bool) ([]byte, *Refusal) {
	t := s.tables[strings.ToUpper(form)]
	q, refusal := s.selection(t, data)
	if refusal != nil {
		return nil, refusal
	}
	rows, err := s.rows(t, q)
	if err != nil {
		return nil, refuse(Exception, "过滤条件执行错误：%v", err)
	}
	if q.top > 0 && len(rows) > q.top {
		rows = rows[:q.top]
	}
	rows = rows[min(q.start, len(rows)):]
	rows = rows[:min(q.limit, len(rows))]
	out := &writer{}
	out.open('[')
	for _, r := range rows {
		one := &writer{}
		if names {
			one.open('{')
			for _, c := range q.columns {
				one.member(c.key, c.json(r, s.rules.DecimalScale))
			}
			out.element(one.close('}'))
			continue
		}
		one.open('[')
		for _, c := range q.columns {
			one.element(c.json(r, s.rules.DecimalScale))
		}
		out.element(one.close(']'))
	}
	return out.close(']'), nil
}

func (s *Books) selection(t *table, data item.Value) (q selection, refusal *Refusal) {
	keys, filter := data.FieldFold("FieldKeys"), data.FieldFold("FilterString")
	emptyList := filter.Kind() == item.Array && len(strings.Trim(string(filter.Raw()), "[] \t\r\n")) == 0
	if keys.Kind() != item.String || keys.Blank() {
		return q, refuse(BadParameter, "查询字段FieldKeys不能为空")
	}
	if !filter.Blank() && filter.Kind() != item.String && !emptyList {
		return q, refuse(BadParameter, "过滤条件FilterString的格式不正确")
	}
	var err error
	if emptyList {
		filter = item.Value{}
	}
	if q.filter, err = ksql.Parse(filter.Text()); err != nil {
		return q, refuse(Exception, "过滤条件语法错误：%v", err)
	}
	orders, err := ksql.ParseOrder(data.FieldFold("OrderString").Text())
	if err != nil {
		return q, refuse(Exception, "排序条件语法错误：%v", err)
	}
	for name, number := range map[string]*int{"TopRowCount": &q.top, "StartRow": &q.start, "Limit": &q.limit} {
		if *number, err = whole(data.FieldFold(name)); err != nil {
			return q, refuse(BadParameter, "参数%s必须是整数", name)
		}
	}
	if q.limit == 0 {
		q.limit = s.rules.LimitDefault
	}
	q.limit = min(q.limit, s.rules.LimitCap)
	if err := s.resolve(t, &q, strings.Split(keys.Text(), ","), orders); err != nil {
		return q, refuse(NotThere, "%v", err)
	}
	return q, nil
}

func (s *Books) resolve(t *table, q *selection, keys []string, orders []ksql.Order) error {
	q.byKey = map[string]column{}
	find := func(key string) (column, error) {
		c, err := s.column(t, key)
		q.lines = q.lines || c.lines
		return c, err
	}
	for _, key := range keys {
		c, err := find(strings.TrimSpace(key))
		if err != nil {
			return err
		}
		q.columns = append(q.columns, c)
	}
	for _, key := range q.filter.Fields() {
		c, err := find(key)
		if err != nil {
			return err
		}
		q.byKey[key] = c
		q.filtered = q.filtered || c.lines
	}
	for _, o := range orders {
		c, err := find(o.Field)
		if err != nil {
			return err
		}
		q.orders = append(q.orders, order{c, o.Desc})
	}
	return nil
}

// rows gives the rows that pass, in order. Naming a field of the lines anywhere
// makes one row of each line, as a join does.
func (s *Books) rows(t *table, q selection) ([]row, error) {
	var rows []row
	now := s.clock()
	enough := -1
	if q.natural(t.def) && q.top == 0 {
		enough = q.start + q.limit
	}
	for _, b := range t.bills {
		if b.visible.After(now) {
			continue
		}
		if len(rows) == enough {
			break
		}
		var err error
		if rows, err = q.pass(rows, b); err != nil {
			return nil, err
		}
		if enough >= 0 && len(rows) > enough {
			rows = rows[:enough]
		}
	}
	if !q.natural(t.def) {
		slices.SortStableFunc(rows, q.compare)
	}
	return rows, nil
}

// pass adds the rows of a bill that pass the filter. One that reads the header
// only is tried once a bill.
func (q *selection) pass(rows []row, b *bill) ([]row, error) {
	match := func(r row) (bool, error) {
		return q.filter.Match(func(field string) ksql.Value { return q.byKey[field].read(r) })
	}
	if !q.filtered {
		if ok, err := match(row{bill: b}); err != nil || !ok {
			return rows, err
		}
		return append(rows, b.rows(q.lines)...), nil
	}
	for _, r := range b.rows(true) {
		ok, err := match(r)
		if err != nil {
			return rows, err
		}
		if ok {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func (b *bill) rows(lines bool) []row {
	if !lines || len(b.lines) == 0 {
		return []row{{bill: b}}
	}
	rows := make([]row, len(b.lines))
	for i := range b.lines {
		rows[i] = row{b, &b.lines[i], i + 1}
	}
	return rows
}

// natural tells that the order asked for is the order of the store.
func (q *selection) natural(def *forms.Form) bool {
	for i, o := range q.orders {
		isID := i == 0 && strings.EqualFold(o.key, def.PK)
		isLine := i == 1 && def.Entry != "" && strings.EqualFold(o.key, def.Entry+"_FEntryID")
		if o.desc || !isID && !isLine {
			return false
		}
	}
	return true
}

func (q *selection) compare(a, b row) int {
	for _, o := range q.orders {
		x, y := o.read(a), o.read(b)
		if o.desc {
			x, y = y, x
		}
		switch {
		case ksql.Less(x, y):
			return -1
		case ksql.Less(y, x):
			return 1
		}
	}
	return 0
}

// whole reads a whole number that may come as a text; nothing is 0.
func whole(v item.Value) (int, error) {
	if v.Blank() {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(v.Text()))
	return max(0, n), err
}
