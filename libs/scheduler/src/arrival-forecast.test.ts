import { expect, it } from 'vitest';
import { createArrivalForecast } from './arrival-forecast.ts';

function after(...gaps: number[]) {
  const forecast = createArrivalForecast(5_000);
  let now = 0;
  forecast.note(now);
  for (const gap of gaps) forecast.note((now += gap));
  return (passed: number) => forecast.freeFor(now + passed);
}

it('expects the next at the interval of the last ones', () => {
  const freeFor = after(2_000, 2_000, 2_000, 2_000);
  expect(freeFor(0)).toBe(2_000);
  expect(freeFor(1_500)).toBe(500);
});

it('says nothing of what it has not seen often enough, or when all were sooner', () => {
  expect(after(2_000, 2_000, 2_000)(0)).toBeUndefined();
  expect(after(300, 300, 300, 300)(301)).toBeUndefined();
});

it('takes the risk of one in five, given the time that has passed', () => {
  const freeFor = after(100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000);
  expect(freeFor(0)).toBe(300);
  expect(freeFor(550)).toBe(150);
});

it('forgets pauses and the distant past', () => {
  expect(after(60_000, 300, 300, 300, 300)(0)).toBe(300);
  expect(after(...Array<number>(16).fill(2_000), ...Array<number>(16).fill(250))(0)).toBe(250);
});
