/** The report as a page of plain text. */

import type { Report } from './report.ts';

export function printReport({ kinds, recall, precision, realAnomalies, months }: Report): void {
  console.log('\nDirty rows, planted on purpose, and how many were found:');
  for (const { kind, planted, found } of kinds) console.log(`  ${kind.padEnd(28)} ${found} of ${planted}`);
  console.log(`  found ${percent(recall)} of the planted rows; ${percent(precision)} of the flagged rows were planted`);

  console.log('\nThe strangest real days:');
  for (const { date, location, field, value, usual, score } of realAnomalies.slice(0, 5)) {
    console.log(
      `  ${date}  ${location.padEnd(9)} ${field.padEnd(8)} ${value.toFixed(1)} (usually ${usual.toFixed(1)}, score ${score.toFixed(1)})`,
    );
  }

  console.log('\nAn average January and July:');
  for (const { location, month, meanTempMax, meanWind, dailyRain } of months.filter((row) => row.month === '01' || row.month === '07')) {
    console.log(
      `  ${location.padEnd(9)} ${month}  ${meanTempMax.toFixed(1).padStart(5)} °C  wind ${meanWind.toFixed(1)} m/s  rain ${dailyRain.toFixed(1)} mm a day`,
    );
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
