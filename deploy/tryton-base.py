"""Creates by RPC what has to be in a new Tryton before a sale can be made. Safe to repeat."""
import base64
import datetime
import json
import sys
import urllib.request


class Tryton:
    def __init__(self, url, user, password):
        self.url, self.header, self.context = url, {}, {}
        number, key = self.call("common.db.login", user, {"password": password}, context=None)
        session = base64.b64encode(f"{user}:{number}:{key}".encode()).decode()
        self.user, self.header = number, {"Authorization": "Session " + session}

    def call(self, method, *params, context=()):
        params = list(params)
        if context is not None:
            params.append({**self.context, **dict(context)})
        request = urllib.request.Request(
            self.url, json.dumps({"id": 1, "method": method, "params": params}).encode(),
            {"Content-Type": "application/json", **self.header})
        answer = json.load(urllib.request.urlopen(request))
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']}")
        return answer["result"]

    def find(self, model, *domain):
        ids = self.call(f"model.{model}.search", list(domain), 0, 1, None)
        return ids[0] if ids else None

    def make(self, model, values):
        return self.call(f"model.{model}.create", [values])[0]

    def either(self, model, key, values):
        return self.find(model, [key, "=", values[key]]) or self.make(model, values)

    def wizard(self, name, *steps):
        session, _, end = self.call(f"wizard.{name}.create")
        for state, data in steps:
            self.call(f"wizard.{name}.execute", session, data, state)
        self.call(f"wizard.{name}.delete", session)


def date(year, month, day):
    return {"__class__": "date", "year": year, "month": month, "day": day}


def decimal(text):
    return {"__class__": "Decimal", "decimal": text}


def main(url, user, password):
    t = Tryton(url, user, password)
    currency = t.either("currency.currency", "code", {
        "name": "Renminbi", "code": "CNY", "numeric_code": "156", "symbol": "¥", "digits": 2, "rounding": decimal("0.01"),
        "rates": [["create", [{"date": date(2020, 1, 1), "rate": decimal("1")}]]]})
    party = t.either("party.party", "code", {"name": "Karez Test Company", "code": "COMPANY"})
    company = t.find("company.company", ["party", "=", party]) or t.make("company.company", {"party": party, "currency": currency})
    t.call("model.res.user.write", [t.user], {"companies": [["add", [company]]], "company": company})
    t.context = {"company": company}

    if not t.find("account.account", ["company", "=", company]):
        template = t.find("account.account.template", ["parent", "=", None])
        t.wizard("account.create_chart", ("account", {}), ("create_account", {"account": {"company": company, "account_template": template}}))
        account = lambda kind: t.find("account.account", ["company", "=", company], ["type." + kind, "=", True], ["closed", "!=", True])
        t.wizard("account.create_chart", ("create_properties", {"properties": {
            "company": company,
            "account_receivable": account("receivable"), "account_payable": account("payable"),
            "category_account_expense": account("expense"), "category_account_revenue": account("revenue")}}))

    for year in range(2020, datetime.date.today().year + 2):
        name = str(year)
        if t.find("account.fiscalyear", ["company", "=", company], ["name", "=", name]):
            continue
        kind = lambda code: t.find("ir.sequence.type", ["name", "=", code])
        sequence = t.make("ir.sequence", {"name": "Moves " + name, "company": company, "sequence_type": kind("Account Move")})
        strict = {"name": "Invoices " + name, "company": company, "sequence_type": kind("Invoice")}
        invoices = t.make("ir.sequence.strict", strict)
        fiscal = t.make("account.fiscalyear", {
            "name": name, "company": company, "start_date": date(year, 1, 1), "end_date": date(year, 12, 31), "post_move_sequence": sequence,
            "invoice_sequences": [["create", [{
                "company": company, "out_invoice_sequence": invoices, "out_credit_note_sequence": invoices,
                "in_invoice_sequence": invoices, "in_credit_note_sequence": invoices}]]]})
        t.call("model.account.fiscalyear.create_period", [fiscal])

    t.either("account.invoice.payment_term", "name", {"name": "30 days", "lines": [["create", [{
        "type": "remainder", "relativedeltas": [["create", [{"days": 30}]]]}]]]})
    revenue = t.find("account.account", ["company", "=", company], ["type.revenue", "=", True], ["closed", "!=", True])
    expense = t.find("account.account", ["company", "=", company], ["type.expense", "=", True], ["closed", "!=", True])
    t.either("product.category", "name", {"name": "Goods", "accounting": True, "account_revenue": revenue, "account_expense": expense})


if __name__ == "__main__":
    main(*sys.argv[1:])
