/** Rows of a table: a dot for each column, in standard deviations of the data; a ring is what it should have been. */

import type { Data } from "../scene";
import type { Brush, Manner } from "./kinds";

const REACH = 3.5; // standard deviations to the edge; what lies beyond stands on it
const [LOW, HIGH] = ["rgb(33 102 172)", "rgb(178 24 43)"];
const NAMED = 11; // CSS pixels a column needs for its name
const WIDE = 190; // CSS pixels a picture needs for names

/** A value in the column's own unit. */
export function ownUnit(value: number, column: number, { centre, scale }: Data): number {
  return value * (scale[column] ?? 1) + (centre[column] ?? 0);
}

/** A value as people read it: three digits that matter. */
export function plain(value: number): string {
  const text = Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
  return text.replace("-", "−");
}

/** Where a standardised value lies between both edges, in per cent. */
export function shareOf(value: number): number {
  return (100 * (Math.min(REACH, Math.max(-REACH, value)) + REACH)) / (2 * REACH);
}

interface Plan {
  from: number; // left edge of the dots, to the right of the names
  pitch: number;
  left(value: number): number;
  top(column: number): number;
}

function planOf(width: number, height: number, { shape: [count] }: Data): Plan {
  const pitch = height / count;
  const from = width >= WIDE && pitch >= NAMED ? 0.46 * width : 0;
  const inset = Math.min(6, (width - from) / 12);
  return {
    from,
    pitch,
    left: (value) => from + inset + (shareOf(value) / 100) * (width - from - 2 * inset),
    top: (column) => (column + 0.5) * pitch,
  };
}

function ground({ pen, width, height, tones }: Brush, plan: Plan, data: Data): void {
  pen.fillStyle = tones.line;
  pen.fillRect(plan.left(0) - 0.5, 0, 1, height);
  if (!plan.from) return;
  const size = Math.min(13, 0.86 * plan.pitch);
  pen.font = `${size}px Inter, "Segoe UI", system-ui, sans-serif`;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  data.columns.forEach((name, column) => {
    pen.fillStyle = tones.faint;
    pen.fillText(name, 0, plan.top(column), plan.from - 6);
    pen.fillStyle = tones.line;
    pen.globalAlpha = 0.5;
    pen.fillRect(plan.from, plan.top(column), width - plan.from, 0.5);
    pen.globalAlpha = 1;
  });
}

export const table: Manner = {
  cell: ({ shape: [count] }) => [96, Math.max(48, 2.8 * count)],
  alone: ({ shape: [count] }) => Math.max(0.6, Math.min(2.4, 22 / count)),
  columns: [8, 4],
  draw(brush, x, data, behind) {
    const { pen, width, height, tones } = brush;
    const plan = planOf(width, height, data);
    const radius = Math.max(0.9, Math.min(4.2, 0.36 * plan.pitch));
    ground(brush, plan, data);
    x.forEach((value, column) => {
      const [left, top] = [plan.left(value), plan.top(column)];
      pen.fillStyle = tones.accent;
      pen.globalAlpha = 0.35;
      pen.fillRect(Math.min(left, plan.left(0)), top - 0.14 * plan.pitch, Math.abs(left - plan.left(0)), 0.28 * plan.pitch);
      pen.globalAlpha = 1;
      pen.beginPath();
      pen.arc(left, top, radius, 0, 2 * Math.PI);
      pen.fill();
      if (!behind) return;
      pen.strokeStyle = tones.ink;
      pen.lineWidth = Math.max(0.8, Math.min(1.4, radius / 2.6));
      pen.beginPath();
      pen.arc(plan.left(behind[column]), top, radius + 0.6, 0, 2 * Math.PI);
      pen.stroke();
    });
  },
  difference(brush, x, y, data) {
    const { pen, width, height } = brush;
    const plan = planOf(width, height, data);
    ground(brush, plan, data);
    x.forEach((value, column) => {
      const off = plan.left(y[column] - value);
      pen.fillStyle = y[column] > value ? HIGH : LOW;
      pen.fillRect(Math.min(off, plan.left(0)), plan.top(column) - 0.36 * plan.pitch, Math.max(0.5, Math.abs(off - plan.left(0))), 0.72 * plan.pitch);
    });
  },
  said: (_, data) => `${data.shape[0]} columns`,
  at([, y], [, height], x, data, behind) {
    const column = Math.max(0, Math.min(data.shape[0] - 1, Math.floor((y / height) * data.shape[0])));
    const value = plain(ownUnit(x[column], column, data));
    const name = data.columns[column] ?? `column ${column + 1}`;
    return behind ? `${name}: ${value}, originally ${plain(ownUnit(behind[column], column, data))}` : `${name}: ${value}`;
  },
};
