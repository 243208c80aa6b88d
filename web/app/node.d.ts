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
}

declare const process: { cpuUsage(): { user: number; system: number } };

declare function setImmediate(fn: (value?: unknown) => void): void;
