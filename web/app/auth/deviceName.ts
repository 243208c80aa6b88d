/** deviceName is what this device could be called: "Firefox on Linux". */
export function deviceName(agent = navigator.userAgent): string {
  const browser = first(agent, [
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\/|FxiOS/, "Firefox"],
    [/Chrome\/|CriOS/, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = first(agent, [
    [/iPhone/, "iPhone"],
    [/iPad/, "iPad"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/CrOS/, "ChromeOS"],
    [/Mac OS X/, "Mac"],
    [/Linux/, "Linux"],
  ]);
  return system ? `${browser || "Browser"} · ${system}` : browser || "Browser";
}

function first(agent: string, table: [RegExp, string][]): string {
  return table.find(([sign]) => sign.test(agent))?.[1] ?? "";
}
