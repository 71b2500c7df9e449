import { channelTable } from "./channel/table.js";
import { readSlotsTable } from "./read-slots/table.js";
import { releaseTable } from "./release/table.js";
import { semaphoreTable } from "./semaphore/table.js";
import type { Table } from "./table.js";

export const TABLES: readonly Table[] = [semaphoreTable, channelTable, releaseTable, readSlotsTable];

export function tableCalled(id: string): Table {
  const table = TABLES.find((one) => one.id === id);
  if (table === undefined)
    throw new Error(`no table ${id}; there are ${TABLES.map((one) => one.id).join(", ")}`);
  return table;
}
