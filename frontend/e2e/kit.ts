import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const root = resolve(import.meta.dirname, '../..');
const program = process.env.KAREZ_BIN ?? join(root, 'bin/karez');
/** The folder of the connectors that the program is shipped with. */
export const shipped = join(dirname(program), 'plugins');
const shots = process.env.KAREZ_SCREENSHOTS ?? join(root, 'frontend/e2e/screenshots');
const browser = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** What `karez demo --json` prints when it is ready. */
export interface Demo {
  url: string;
  setup_token: string;
  api_token: string;
  sandboxes: Record<string, string>;
}

/** How long a page may take for one step, in ms. */
const PATIENCE = 20_000;

export const password = 'correct horse battery';

/** The shipped flow's id in the demonstration. */
export const demoFlow = '5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0001';

/** A running demonstration with a folder of its own. */
export class Server {
  readonly demo: Demo;
  private child: ChildProcess;
  /** The folder of its data. */
  readonly data: string;

  private constructor(demo: Demo, child: ChildProcess, data: string) {
    this.demo = demo;
    this.child = child;
    this.data = data;
  }

  static async start(): Promise<Server> {
    const data = mkdtempSync(join(tmpdir(), 'karez-e2e-'));
    const [child, demo] = await launch('demo', data, '127.0.0.1:0');
    return new Server(demo, child, data);
  }

  /** Ends the process as an operator does; the data stays. */
  async halt(): Promise<void> {
    const gone = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    await gone;
  }

  /** Starts another process on the same address and the same data. */
  async resume(): Promise<void> {
    const [child, demo] = await launch('demo', this.data, new URL(this.demo.url).host);
    this.child = child;
    Object.assign(this.demo, demo); // the token of the last process ended with it
  }

  /** Starts the same workspace as an operator does, without the demonstration's systems. */
  async serve(...flags: string[]): Promise<void> {
    [this.child] = await launch('serve', this.data, new URL(this.demo.url).host, flags);
  }

  /** Runs a command of the product to its end. */
  static async command(...args: string[]): Promise<void> {
    await promisify(execFile)(program, args);
  }

  /** Calls the API with the demonstration's token. */
  async api<T>(path: string, init: { method?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<T> {
    const response = await fetch(`${this.demo.url}/api/v1${path}`, {
      method: init.method ?? 'GET',
      headers: { Authorization: `Bearer ${this.demo.api_token}`, 'Content-Type': 'application/json', ...init.headers },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
    if (!response.ok) throw new Error(`${path} answered ${String(response.status)}: ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** Waits until a run is over and gives it. */
  async finished(id: string): Promise<Run> {
    const response = await fetch(`${this.demo.url}/api/v1/runs/${id}/events`, { headers: { Authorization: `Bearer ${this.demo.api_token}` } });
    const text = await response.text(); // the stream ends with the run
    const last = text.trim().split('\n').filter((l) => l.startsWith('data: ')).at(-1);
    if (last === undefined) throw new Error('the stream of events has none');
    return (JSON.parse(last.slice(6)) as { data: Run }).data;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) await this.halt();
    rmSync(this.data, { recursive: true, force: true });
  }
}

export interface Run {
  id: string;
  state: string;
  balanced: boolean;
  counts: Record<string, number>;
}

async function launch(command: 'demo' | 'serve', data: string, listen: string, flags: string[] = []): Promise<[ChildProcess, Demo]> {
  const child = spawn(program, [command, '--json', '--data', data, '--listen', listen, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  return [child, JSON.parse(await firstLine(child)) as Demo];
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((give, fail) => {
    let text = '';
    child.once('exit', (code) => { fail(new Error(`karez ended with ${String(code)}`)); });
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end >= 0) give(text.slice(0, end));
    });
  });
}

export interface Look {
  language?: 'zh-CN' | 'en';
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  /** Shown around at the first visit of a page; else the browser has seen all guides. */
  guided?: boolean;
}

/** A browser with an empty profile, as a new person has it. What it must not do is recorded. */
export class Person {
  /** Script errors, refused styles and scripts, and requests to other places. */
  readonly wrong: string[] = [];
  clicks = 0;

  readonly context: BrowserContext;
  readonly page: Page;
  private readonly profile: string;
  private readonly server: Server;

  private constructor(context: BrowserContext, page: Page, profile: string, server: Server) {
    this.context = context;
    this.page = page;
    this.profile = profile;
    this.server = server;
  }

  static async arrive(server: Server, look: Look = {}): Promise<Person> {
    const profile = mkdtempSync(join(tmpdir(), 'karez-browser-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: browser,
      args: ['--no-sandbox'],
      locale: look.language ?? 'zh-CN',
      colorScheme: look.theme ?? 'light',
      viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(PATIENCE);
    const page = context.pages()[0] ?? (await context.newPage());
    const person = new Person(context, page, profile, server);
    if (look.guided !== true) {
      await context.addInitScript(() => {
        if (localStorage.getItem('karez.guides') === null) localStorage.setItem('karez.guides', JSON.stringify({ '*': ['designer', 'mapping', 'ledger'] }));
      });
    }
    page.on('dialog', (d) => {
      person.wrong.push(`dialog: ${d.message()}`);
      void d.dismiss();
    });
    page.on('pageerror', (e) => person.wrong.push(`error: ${e.message}`));
    page.on('console', (m) => {
      if (m.type() === 'error' && /Content Security Policy|Refused to/.test(m.text())) person.wrong.push(`policy: ${m.text()}`);
    });
    page.on('request', (r) => {
      const url = r.url();
      if (!url.startsWith(server.demo.url) && !url.startsWith('data:') && !url.startsWith('blob:')) person.wrong.push(`request: ${url}`);
    });
    await page.addInitScript(() => {
      const counter = globalThis as { karezClicks?: number };
      counter.karezClicks = 0;
      addEventListener('pointerdown', () => { counter.karezClicks = (counter.karezClicks ?? 0) + 1; }, true);
    });
    return person;
  }

  /** Goes to a path of the product. */
  async goto(path: string): Promise<void> {
    await this.page.goto(this.server.demo.url + path);
  }

  /** Clicks as a person does, counted. */
  async click(role: 'button' | 'link' | 'menuitem' | 'menuitemradio' | 'tab' | 'option' | 'row', name: string | RegExp, within?: string): Promise<void> {
    this.clicks += 1;
    const place = within === undefined ? this.page : this.page.locator(within);
    await place.getByRole(role, { name }).first().click();
  }

  /** Makes the first administrator, which is the first thing a new person does. */
  async setUp(): Promise<void> {
    await this.goto(`/setup#token=${this.server.demo.setup_token}`);
    await this.page.locator('input[autocomplete="username"]').fill('amy');
    await this.page.locator('input[autocomplete="new-password"]').fill(password);
    this.clicks += 1;
    await this.page.locator('button[type="submit"]').click();
    await this.page.waitForURL((u) => !u.pathname.startsWith('/setup'));
  }

  async logIn(path = '/login'): Promise<void> {
    await this.goto(path);
    await this.enter();
  }

  /** Fills in the login form that is on the page. */
  async enter(): Promise<void> {
    await this.page.locator('input[autocomplete="username"]').fill('amy');
    await this.page.locator('input[autocomplete="current-password"]').fill(password);
    await this.page.locator('button[type="submit"]').click();
    await this.page.waitForURL((u) => !u.pathname.startsWith('/login'));
  }

  /** Keeps a picture of the page. */
  async picture(name: string): Promise<void> {
    mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: join(shots, `${name}.png`) });
  }

  /** Gives the serious findings of axe on the page. */
  async barriers(): Promise<string[]> {
    const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await this.page.evaluate(source); // past the policy, as a browser's own tool is
    const found = await this.page.evaluate(async () => {
      const axe = (globalThis as unknown as { axe: { run: (o: object) => Promise<{ violations: { id: string; impact: string; nodes: { target: string[] }[] }[] }> } }).axe;
      return (await axe.run({ resultTypes: ['violations'], rules: { 'label-content-name-mismatch': { enabled: true } } })).violations;
    });
    return found.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
  }

  /** Gives what text that came from elsewhere did to the page: elements, scripts, a broken layout. */
  async damage(): Promise<string[]> {
    const found = await this.page.evaluate(() => {
      const list: string[] = [];
      if ((globalThis as { karezHit?: number }).karezHit !== undefined) list.push('a script ran');
      if (document.querySelector('img:not(.cm-widgetBuffer):not([src^="/api/v1/plugins/"][src$="/icon"]), iframe, object, embed, base, script:not([src]), [onerror], [onload], a[href^="javascript:" i]') !== null) list.push('an element was made');
      const wide = document.documentElement.scrollWidth - innerWidth;
      if (wide > 0) list.push(`the page is ${String(wide)} px too wide`);
      const bar = document.querySelector('header')?.getBoundingClientRect();
      if (bar !== undefined && (bar.height > 90 || bar.right > innerWidth + 1)) list.push('the top bar is out of shape');
      return list;
    });
    return [...found, ...this.wrong];
  }

  /** Presses Tab until something with this name has the focus. */
  async tabTo(name: string | RegExp, presses = 80): Promise<void> {
    const passed: string[] = [];
    for (let i = 0; i < presses; i++) {
      await this.page.keyboard.press('Tab');
      const words = await this.page.evaluate(() => {
        const at = document.activeElement;
        return at === null ? '' : (at.getAttribute('aria-label') ?? (at as HTMLInputElement).labels?.[0]?.textContent ?? at.textContent ?? '').trim();
      });
      passed.push(words.slice(0, 24));
      if (typeof name === 'string' ? words === name : name.test(words)) return;
    }
    throw new Error(`Tab never reached ${String(name)}, only ${passed.join(' | ')}`);
  }

  async leave(): Promise<void> {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
