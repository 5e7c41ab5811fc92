// A tiny resource to write and read, each item under an id that its client chose: lost and doubled writes can be counted.
import { z } from "zod";

const Id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, - or _");
const Page = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(50), after: Id.optional() });

/** Add the routes of items to a server. */
export function items(app, { config, database, queues }) {
  const optional = config.notes ? { note: z.string().max(1000).optional() } : {};
  const Item = z.object({ id: Id, name: z.string().max(200).default(""), ...optional });
  const columns = ["id", "name", 'created_at AS "createdAt"', ...(config.notes ? ["note"] : [])].join(", ");

  // Sent again, because an answer was lost, a write is found done: 200 in place of 201, and the item as it was stored.
  app.post("/items", async (request, reply) => {
    const item = Item.parse(request.body);
    const fields = Object.keys(item);
    const places = fields.map((_, index) => `$${index + 1}`);
    const insert = `INSERT INTO items (${fields}) VALUES (${places}) ON CONFLICT (id) DO NOTHING RETURNING ${columns}`;
    const { rows } = await database.query(insert, Object.values(item));
    if (rows.length === 0) return find(item.id);
    // The write is safe; that nobody may hear of it is no reason to refuse it.
    queues.announce(item.id).catch((error) => request.log.warn({ reason: error.message }, "item not announced"));
    return reply.code(201).send(rows[0]);
  });

  // Ordered by id, which never changes: pages neither overlap nor leave a gap while others write.
  app.get("/items", async (request) => {
    const { limit, after = "" } = Page.parse(request.query);
    const page = `SELECT ${columns} FROM items WHERE id > $1 ORDER BY id LIMIT $2`;
    const [count, listed] = await Promise.all([
      database.query("SELECT count(*)::int AS count FROM items"),
      database.query(page, [after, limit]),
    ]);
    return { count: count.rows[0].count, items: listed.rows };
  });

  app.get("/items/:id", async (request, reply) => {
    const item = await find(Id.parse(request.params.id));
    return item ?? reply.code(404).send({ error: "there is no such item" });
  });

  async function find(id) {
    const { rows } = await database.query(`SELECT ${columns} FROM items WHERE id = $1`, [id]);
    return rows[0];
  }
}
