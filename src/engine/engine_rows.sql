-- engine: this database, as it stands when the extension is created.

SELECT frontdesk.accept_place();
