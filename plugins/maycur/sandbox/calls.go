package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// login gives a token for the right digest.
func (v *Vendor) login(request item.Value) ([]byte, error) {
	now, at := v.clock(), request.Field("timestamp")
	ms, err := strconv.ParseInt(at.Text(), 10, 64)
	sum := sha256.Sum256([]byte(AppSecret + ":" + AppCode + ":" + at.Text()))
	switch {
	case err != nil:
		return nil, refuse("参数错误：timestamp 不能为空")
	case v.o.LoginSeconds > 0 && !v.lastIn.IsZero() && now.Sub(v.lastIn) < time.Duration(v.o.LoginSeconds)*time.Second:
		return nil, refuse("登录请求过于频繁，请稍后再试")
	case v.o.ClockSeconds > 0 && now.Sub(time.UnixMilli(ms)).Abs() > time.Duration(v.o.ClockSeconds)*time.Second:
		return nil, refuse("时间戳与服务器时间相差过大")
	case request.Field("appCode").Text() != AppCode || request.Field("secret").Text() != hex.EncodeToString(sum[:]):
		return nil, refuse("应用编码或密钥错误")
	}
	if v.o.OldTokensDie {
		clear(v.tokens)
	}
	v.logins++
	v.lastIn = now
	id := sha256.Sum256(fmt.Appendf(nil, "token %d", v.logins))
	token := fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
	v.tokens[token] = now.Add(time.Duration(v.o.TokenSeconds) * time.Second)
	return ack(fmt.Appendf(nil, `{"entCode":%q,"tokenId":%q}`, EntCode, token)), nil
}

// admit lets a call in that has a living token.
func (v *Vendor) admit(r *http.Request) error {
	now := v.clock()
	ends, known := v.tokens[r.Header.Get("tokenId")]
	if !known || !now.Before(ends) || r.Header.Get("entCode") != EntCode {
		no := &refusal{0, "tokenId已失效，请重新登录"}
		if v.o.ExpiredAs == "401" {
			no.status = http.StatusUnauthorized
		}
		return no
	}
	for len(v.calls) > 0 && now.Sub(v.calls[0]) >= time.Second {
		v.calls = v.calls[1:]
	}
	if v.o.PerSecond > 0 && len(v.calls) >= v.o.PerSecond {
		return refuse("接口调用过于频繁，请稍后再试")
	}
	v.calls = append(v.calls, now)
	return nil
}

// listed puts rows where the settings say.
func (v *Vendor) listed(rows []*record) []byte { return listedAt(rows, v.o.RowsAt) }

func listedAt(rows []*record, path string) []byte {
	raw := []byte{'['}
	for i, r := range rows {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, r.raw...)
	}
	raw = append(raw, ']')
	for _, name := range slices.Backward(strings.Split(path, ".")[1:]) {
		raw = append(append(append(item.AppendText([]byte{'{'}, name), ':'), raw...), '}')
	}
	return ack(raw)
}

// whole reads a whole number that is not negative, and gives missing where there is none.
func whole(value item.Value, name string, missing int) (int, error) {
	if value.Blank() {
		return missing, nil
	}
	n, err := strconv.Atoi(value.Text())
	if err != nil || n < 0 {
		return 0, refuse("参数错误：%s 应为不小于 0 的整数", name)
	}
	return n, nil
}

// between reads a range of milliseconds. An end that is not given is open.
func between(request item.Value, from, to string) (start, end time.Time, err error) {
	ends := []time.Time{{}, time.UnixMilli(1 << 50)}
	for i, name := range []string{from, to} {
		if value := request.Field(name); !value.Blank() {
			ms, err := strconv.ParseInt(value.Text(), 10, 64)
			if err != nil {
				return start, end, refuse("参数错误：%s 应为毫秒时间戳", name)
			}
			ends[i] = time.UnixMilli(ms)
		}
	}
	if ends[1].Before(ends[0]) {
		return start, end, refuse("时间范围错误：%s 不能早于 %s", to, from)
	}
	return ends[0], ends[1], nil
}

func inRange(list []*record, from, to time.Time, endBelongs bool) (found []*record) {
	for _, r := range list {
		if !r.at.Before(from) && (r.at.Before(to) || endBelongs && r.at.Equal(to)) {
			found = append(found, r)
		}
	}
	return found
}

func cut(list []*record, offset, size int) []*record {
	first := min(offset, len(list))
	return list[first:min(first+size, len(list))]
}

// sized reads a page's size.
func (v *Vendor) sized(value item.Value, name string) (int, error) {
	size, err := whole(value, name, 20)
	if err == nil && (size < 1 || v.o.MostRows > 0 && size > v.o.MostRows) {
		err = refuse("分页参数错误：%s 应在 1 到 %d 之间", name, v.o.MostRows)
	}
	return size, err
}

func (v *Vendor) paid(data item.Value) ([]byte, error) {
	size, err := v.sized(data.Field("pageSize"), "pageSize")
	if err != nil {
		return nil, err
	}
	first := 0
	if v.o.PageNum == "page" {
		first = 1
	}
	number, err := whole(data.Field("pageNum"), "pageNum", first)
	if err != nil || number < first {
		return nil, refuse("分页参数错误：pageNum 从 %d 开始", first)
	}
	from, to, err := between(data, "startPaidTime", "endPaidTime")
	if err != nil {
		return nil, err
	}
	found := inRange(v.data.payments, from, to, v.o.EndBelongs)
	if no := data.Field("paymentNo").Text(); no != "" {
		found = slices.DeleteFunc(found, func(r *record) bool { return item.Of(r.raw).Field(v.o.PaymentNo).Text() != no })
	}
	offset := number
	if v.o.PageNum == "page" {
		offset = (number - 1) * size
	}
	return v.listed(cut(found, offset, size)), nil
}

func (v *Vendor) waiting(data item.Value) ([]byte, error) {
	size, err := v.sized(data.Field("pageSize"), "pageSize")
	if err != nil {
		return nil, err
	}
	after, err := strconv.Atoi(data.Field("sequence").Text())
	if err != nil {
		return nil, refuse("参数错误：sequence 不能为空")
	}
	var found []*record
	for n, r := range v.data.transactions {
		if n > after && r.status == "WAITING" {
			found = append(found, r)
		}
	}
	// The rows of this call stand under data in every version that a client is known for.
	return listedAt(cut(found, 0, size), "data"), nil
}

// update sets the states of transactions.
func (v *Vendor) update(data item.Value) ([]byte, error) {
	var changes []func()
	for row := range data.Elements() {
		sequence := row.Field("sequence").Text()
		at := slices.IndexFunc(v.data.transactions, func(r *record) bool { return r.key == sequence })
		status := row.Field("status").Text()
		var err error
		switch {
		case at < 0:
			err = refuse("流水号%s不存在", sequence)
		case !slices.Contains([]string{"CBS_EXPORTED", "CBS_EXPORT_FAILED", "PAY_SUCCESS", "Success", "PAY_FAIL"}, status):
			err = refuse("状态%s不正确", status)
		case v.o.StateOnce && v.data.transactions[at].status == status:
			err = refuse("流水号%s已是此状态", sequence)
		}
		if err != nil {
			return nil, v.broken(err, changes)
		}
		changes = append(changes, func() { v.data.transactions[at].status = status })
	}
	if len(changes) == 0 {
		return nil, refuse("参数错误：data 不能为空")
	}
	for _, change := range changes {
		change()
	}
	return ack([]byte("null")), nil
}

// broken keeps what came before a bad row where the settings say so.
func (v *Vendor) broken(err error, changes []func()) error {
	if !v.o.Atomic {
		for _, change := range changes {
			change()
		}
	}
	return err
}

func (v *Vendor) forms(data item.Value) ([]byte, error) {
	size, err := v.sized(data.Field("pageSize"), "pageSize")
	if err != nil {
		return nil, err
	}
	offset, err := whole(data.Field("offset"), "offset", 0)
	if err != nil {
		return nil, err
	}
	from, to, err := between(data, "createdAtStart", "createdAtEnd")
	if err != nil {
		return nil, err
	}
	found := inRange(v.data.forms, from, to, v.o.EndBelongs)
	if status := data.Field("formStatus").Text(); status != "" {
		found = slices.DeleteFunc(found, func(r *record) bool { return r.status != status })
	}
	return v.listed(cut(found, offset, size)), nil
}

func (v *Vendor) form(code string) ([]byte, error) {
	for _, r := range v.data.forms {
		if r.key == code {
			return ack(r.raw), nil
		}
	}
	return nil, refuse("单据%s不存在", code)
}

// changed answers what changed in a half-open range.
func (v *Vendor) changed(list []*record, data item.Value) ([]byte, error) {
	from, to, err := between(data, "start", "end")
	if err != nil {
		return nil, err
	}
	return v.listed(inRange(list, from, to, false)), nil
}

func (v *Vendor) employees(query url.Values) ([]byte, error) {
	offset, err := strconv.Atoi(query.Get("offset"))
	size, err2 := strconv.Atoi(query.Get("limit"))
	if err != nil || err2 != nil || offset < 0 || size < 1 || v.o.MostRows > 0 && size > v.o.MostRows {
		return nil, refuse("分页参数错误：offset 与 limit 不正确")
	}
	return v.listed(cut(v.data.employees, offset, size)), nil
}

// save keeps rows by their key.
func (v *Vendor) save(list *[]*record, data item.Value, key string, most int) ([]byte, error) {
	rows := slices.Collect(data.Elements())
	if len(rows) == 0 || len(rows) > most {
		return nil, refuse("参数错误：每批次最多 %d 条", most)
	}
	var changes []func()
	for _, row := range rows {
		code := row.Field(key).Text()
		err := error(nil)
		switch {
		case code == "":
			err = refuse("%s不能为空", key)
		case row.Field("name").Text() == "":
			err = refuse("名称不能为空：%s", code)
		case key == "employeeId" && row.Field("mobile").Blank() && row.Field("email").Blank():
			err = refuse("手机号码和邮箱不能同时为空：%s", code)
		}
		for of := range row.Field("departments").Elements() {
			dept := of.Field("departmentBizCode").Text()
			if !slices.ContainsFunc(v.data.departments, func(r *record) bool { return r.key == dept }) {
				err = refuse("部门%s不存在", dept)
			}
		}
		if err != nil {
			return nil, v.broken(err, changes)
		}
		kept := &record{key: code, at: v.clock(), raw: slices.Clone(row.Raw())}
		changes = append(changes, func() {
			if at := slices.IndexFunc(*list, func(r *record) bool { return r.key == code }); at >= 0 {
				(*list)[at] = kept
				return
			}
			*list = append(*list, kept)
		})
	}
	for _, change := range changes {
		change()
	}
	return ack([]byte("null")), nil
}

// importFees takes at most ten fees, drops those behind them and goes on behind a bad one.
func (v *Vendor) importFees(request item.Value) ([]byte, error) {
	employee := request.Field("employeeId").Text()
	if !slices.ContainsFunc(v.data.employees, func(r *record) bool { return r.key == employee }) {
		return fmt.Appendf(nil, `{"success":false,"message":"员工工号%s不存在","data":null}`, employee), nil
	}
	var good, bad [][]byte
	for row := range request.Field("expenseList").Elements() {
		if len(good)+len(bad) == 10 {
			break
		}
		if row.Field("expenseTypeBizCode").Blank() || row.Path("consumeAmount.amount").Blank() {
			bad = append(bad, []byte(`{"message":"费用类型编码和消费金额不能为空"}`))
			continue
		}
		code := fmt.Sprintf("FY%08d", len(v.data.expenses)+1)
		v.data.expenses = append(v.data.expenses, &record{key: code, raw: slices.Clone(row.Raw())})
		good = append(good, fmt.Appendf(nil, `{"expenseCode":%q,"integrity":true}`, code))
	}
	join := func(list [][]byte) []byte {
		out := []byte{'['}
		for i, one := range list {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, one...)
		}
		return append(out, ']')
	}
	return fmt.Appendf(nil, `{"success":true,"message":"","data":{"successData":%s,"failData":%s}}`, join(good), join(bad)), nil
}
