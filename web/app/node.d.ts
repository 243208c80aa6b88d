// What of Node the unit tests (*.test.ts) use: they are bundled and run by
// web/unit_test.go, so the page needs no types of Node.
declare module "node:assert/strict" {
  interface Assert {
    equal(got: unknown, want: unknown, message?: string): void;
    notEqual(got: unknown, want: unknown, message?: string): void;
    doesNotMatch(got: string, pattern: RegExp, message?: string): void;
    deepEqual(got: unknown, want: unknown, message?: string): void;
    ok(value: unknown, message?: string): asserts value;
    rejects(call: Promise<unknown>, want: object): Promise<void>;
  }
  const assert: Assert;
  export default assert;
}

declare module "node:test" {
  interface Context {
    test(name: string, fn: (t: Context) => void | Promise<void>): Promise<void>;
  }
  export const mock: { timers: { enable(o: { apis: string[] }): void; tick(ms: number): void; reset(): void } };
  export function test(name: string, fn: (t: Context) => void | Promise<void>): Promise<void>;
  export function test(name: string, options: { skip: string | boolean }, fn: (t: Context) => void | Promise<void>): Promise<void>;
  export function after(fn: () => void): void;
}

declare const process: { cpuUsage(): { user: number; system: number } };

declare function setImmediate(fn: (value?: unknown) => void): void;

declare module "node:child_process" {
  export function spawnSync(command: string, args: string[]): { error?: Error; status: number | null; stdout: Uint8Array; stderr: Uint8Array };
}

declare module "node:fs" {
  export function mkdtempSync(prefix: string): string;
  export function readFileSync(path: string): Uint8Array<ArrayBuffer>;
  export function writeFileSync(path: string, data: string | Uint8Array): void;
  export function rmSync(path: string, options: { recursive: boolean }): void;
}

declare module "node:os" {
  export function tmpdir(): string;
}

declare module "node:process" {
  export const env: Record<string, string | undefined>;
}
