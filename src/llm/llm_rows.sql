-- llm: what ships with the extension.

-- Examples for the local classifier, written for the five routes: per intent
-- its route, priority and sentiment, and per language what people write.
DELETE FROM frontdesk.classifier_examples WHERE builtin;

INSERT INTO frontdesk.classifier_examples
  (account_id, content, intent, route, priority, sentiment, language, builtin)
SELECT 0, content, intent, route, priority, sentiment, language, true
FROM (VALUES
  ('greeting', 'automated', 'low', 0.3::real),
  ('thanks', 'automated', 'low', 0.8::real),
  ('opening_hours', 'automated', 'low', 0::real),
  ('product_question', 'automated', 'medium', 0::real),
  ('price_question', 'automated', 'medium', 0::real),
  ('delivery_question', 'automated', 'medium', -0.1::real),
  ('appointment', 'automated', 'medium', 0.1::real),
  ('return_refund', 'automated', 'medium', -0.3::real),
  ('recruitment_application', 'recruitment', 'medium', 0.4::real),
  ('job_question', 'recruitment', 'medium', 0.1::real),
  ('stock_question', 'stock_alert', 'medium', 0::real),
  ('stock_alert_request', 'stock_alert', 'medium', 0.2::real),
  ('campaign_yes', 'campaign', 'medium', 0.6::real),
  ('campaign_no', 'campaign', 'low', -0.3::real),
  ('campaign_question', 'campaign', 'medium', 0.2::real),
  ('complaint', 'high_priority', 'high', -0.8::real),
  ('legal_threat', 'high_priority', 'high', -0.8::real),
  ('phishing', 'high_priority', 'high', -0.5::real),
  ('payment_data', 'high_priority', 'high', -0.1::real),
  ('spam', 'high_priority', 'medium', -0.2::real),
  ('human_request', 'high_priority', 'medium', -0.2::real),
  ('vip_urgent', 'high_priority', 'high', -0.4::real)
) AS kind (intent, route, priority, sentiment)
JOIN (VALUES
  ('greeting', 'en', ARRAY[
    'hi', 'hello', 'hey there', 'good morning', 'good afternoon', 'good evening', 'hi, anyone there?',
    'hello, is anybody there?', 'hey, are you there?', 'hi team', 'hello, I have a question',
    'hi, can you help me?', 'hey, quick question', 'morning!', 'hello how are you', 'hiya', 'greetings'
  ]),
  ('greeting', 'nl', ARRAY[
    'hallo', 'hoi', 'goedemorgen', 'goedemiddag', 'goedenavond', 'dag, is daar iemand?',
    'hallo, ik heb een vraag', 'hoi, kunt u mij helpen?', 'hey'
  ]),
  ('greeting', 'pt', ARRAY[
    'oi', 'olá', 'bom dia', 'boa tarde', 'boa noite', 'oi, tudo bem?', 'olá, tem alguém aí?',
    'oi, pode me ajudar?', 'olá, tenho uma dúvida'
  ]),
  ('greeting', 'de', ARRAY[
    'hallo zusammen', 'guten Morgen', 'guten Tag', 'guten Abend', 'moin', 'Hallo, ist da jemand?',
    'Hallo, ich habe eine Frage', 'können Sie mir helfen?'
  ]),
  ('greeting', 'es', ARRAY[
    'hola', 'buenos días', 'buenas tardes', 'buenas noches', 'hola, ¿hay alguien?',
    'hola, tengo una pregunta', '¿me pueden ayudar?', 'hola, qué tal'
  ]),
  ('greeting', 'fr', ARRAY[
    'bonjour', 'salut', 'bonsoir', 'bonjour, il y a quelqu''un ?', 'bonjour, j''ai une question', 'coucou',
    'vous pouvez m''aider ?'
  ]),
  ('thanks', 'en', ARRAY[
    'thank you', 'thanks a lot', 'thank you so much, that helped', 'great, thanks!', 'perfect, thank you',
    'awesome, you are the best', 'thanks for the quick answer', 'many thanks for your help',
    'cheers, that is all', 'ok thanks bye', 'wonderful service, thank you',
    'I am very happy with my order, thanks', 'lovely, I really appreciate it', 'love it, great job',
    'thank you!', 'great, thank you very much', 'ok, thank you, bye', 'thanks, you are great'
  ]),
  ('thanks', 'nl', ARRAY[
    'dank je wel', 'bedankt', 'hartelijk dank voor uw hulp', 'super, bedankt!', 'top, dankjewel',
    'fijn, dank u wel', 'wat een goede service, bedankt', 'bedankt voor de hulp', 'ok bedankt',
    'heel erg bedankt'
  ]),
  ('thanks', 'pt', ARRAY[
    'obrigado', 'obrigada', 'muito obrigada pela ajuda', 'perfeito, obrigado!', 'valeu',
    'ótimo atendimento, obrigada', 'adorei, muito obrigado', 'obrigada pela ajuda', 'ok, obrigado', 'brigado'
  ]),
  ('thanks', 'de', ARRAY[
    'danke', 'vielen Dank', 'danke schön für die schnelle Antwort', 'super, danke!',
    'perfekt, vielen Dank für die Hilfe', 'das war sehr nett, danke', 'danke für die Hilfe', 'ok danke',
    'herzlichen Dank'
  ]),
  ('thanks', 'es', ARRAY[
    'gracias', 'muchas gracias', 'mil gracias por la ayuda', 'perfecto, gracias', 'genial, muchas gracias',
    'excelente atención, gracias', 'gracias por la ayuda', 'ok gracias', 'muchísimas gracias'
  ]),
  ('thanks', 'fr', ARRAY[
    'merci', 'merci beaucoup', 'merci pour votre aide', 'parfait, merci !', 'super, merci bien',
    'je suis très content, merci', 'merci pour tout', 'ok merci', 'mille mercis'
  ]),
  ('opening_hours', 'en', ARRAY[
    'what are your opening hours?', 'when are you open?', 'are you open on Saturday?',
    'are you open on sundays', 'what time do you close today?', 'what time do you open tomorrow morning?',
    'are you closed on public holidays?', 'do you open at the weekend?', 'until what time can I come by?',
    'is the shop open now?', 'opening times please', 'where are you located?', 'what is your address?',
    'how do I get to your store, is there parking?', 'are you open over Christmas?',
    'are you open right now?', 'what are your hours?', 'are you open today?', 'are you open tomorrow?',
    'what time do you open and close?', 'where can I find you?'
  ]),
  ('opening_hours', 'nl', ARRAY[
    'wat zijn jullie openingstijden?', 'zijn jullie zaterdag open?', 'tot hoe laat zijn jullie vandaag open?',
    'hoe laat gaat de winkel open?', 'zijn jullie op zondag geopend?', 'wat is het adres van de winkel?',
    'bent u open met kerst?', 'zijn jullie vandaag open?', 'wat zijn de openingstijden op zaterdag?',
    'waar kan ik jullie vinden?'
  ]),
  ('opening_hours', 'pt', ARRAY[
    'qual o horário de funcionamento?', 'vocês abrem aos sábados?', 'vocês atendem no domingo?',
    'até que horas vocês ficam abertos?', 'que horas abre amanhã?', 'qual é o endereço da loja?',
    'atendem no sábado à tarde?', 'estão abertos hoje?', 'abre domingo?', 'onde vocês ficam?',
    'qual o horário no sábado?'
  ]),
  ('opening_hours', 'de', ARRAY[
    'was sind Ihre Öffnungszeiten?', 'haben Sie samstags geöffnet?', 'wann machen Sie heute zu?',
    'bis wann haben Sie offen?', 'sind Sie am Sonntag geöffnet?', 'wo ist Ihr Geschäft, wie ist die Adresse?',
    'haben Sie heute offen?', 'wie sind die Öffnungszeiten am Samstag?', 'wo finde ich Ihren Laden?'
  ]),
  ('opening_hours', 'es', ARRAY[
    '¿cuál es su horario?', '¿abren los sábados?', '¿a qué hora cierran hoy?', '¿están abiertos el domingo?',
    '¿a qué hora abren mañana?', '¿dónde está la tienda?', '¿están abiertos hoy?',
    '¿qué horario tienen el sábado?', '¿dónde están ubicados?'
  ]),
  ('opening_hours', 'fr', ARRAY[
    'quels sont vos horaires d''ouverture ?', 'êtes-vous ouverts le samedi ?', 'à quelle heure fermez-vous ?',
    'vous ouvrez à quelle heure demain ?', 'êtes-vous ouvert le dimanche ?', 'quelle est votre adresse ?',
    'êtes-vous ouverts aujourd''hui ?', 'quels sont les horaires le samedi ?', 'où vous trouvez-vous ?'
  ]),
  ('product_question', 'en', ARRAY[
    'what material is this jacket made of?', 'does this phone case fit the new model?',
    'what sizes does this shoe come in?', 'is this product waterproof?', 'does it come with a warranty?',
    'can you tell me more about the blue dress?', 'what is the difference between the two models?',
    'is the cream suitable for sensitive skin?', 'which colours are there?',
    'how long does the battery last?', 'does this sofa come with cushions?', 'is this lamp dimmable?',
    'do you have a user manual for this machine?', 'what are the dimensions of the table?',
    'do you sell gift cards?', 'do you have vegan options?', 'is the jacket warm enough for winter?',
    'does it need batteries?', 'tell me about this product', 'is it machine washable?', 'what is it made of?',
    'do I need a prescription for this medicine?'
  ]),
  ('product_question', 'nl', ARRAY[
    'van welk materiaal is deze tas gemaakt?', 'is dit product waterdicht?',
    'welke maten zijn er van deze schoen?', 'zit er garantie op?',
    'wat is het verschil tussen deze twee modellen?', 'past dit hoesje op mijn telefoon?',
    'kunt u meer vertellen over dit product?', 'is het geschikt voor kinderen?', 'waar is het van gemaakt?',
    'kan het in de wasmachine?'
  ]),
  ('product_question', 'pt', ARRAY[
    'de que material é feita essa bolsa?', 'esse produto é à prova d''água?',
    'quais tamanhos tem esse tênis?', 'esse produto tem garantia?', 'qual a diferença entre os dois modelos?',
    'esse creme serve para pele sensível?', 'quais cores vocês têm?', 'serve para crianças?',
    'do que é feito?', 'pode lavar na máquina?'
  ]),
  ('product_question', 'de', ARRAY[
    'aus welchem Material ist diese Jacke?', 'ist das Produkt wasserdicht?',
    'welche Größen gibt es bei diesem Schuh?', 'gibt es eine Garantie darauf?',
    'was ist der Unterschied zwischen den beiden Modellen?', 'passt das auch für empfindliche Haut?',
    'ist es für Kinder geeignet?', 'woraus besteht das?', 'ist es waschbar?'
  ]),
  ('product_question', 'es', ARRAY[
    '¿de qué material es esta chaqueta?', '¿este producto es resistente al agua?',
    '¿qué tallas tiene este zapato?', '¿tiene garantía?', '¿cuál es la diferencia entre los dos modelos?',
    '¿qué colores hay de este bolso?', '¿es apto para niños?', '¿de qué está hecho?',
    '¿se puede lavar a máquina?'
  ]),
  ('product_question', 'fr', ARRAY[
    'en quelle matière est ce sac ?', 'ce produit est-il étanche ?',
    'quelles tailles existent pour cette chaussure ?', 'y a-t-il une garantie ?',
    'quelle est la différence entre les deux modèles ?', 'cette crème convient aux peaux sensibles ?',
    'est-ce adapté aux enfants ?', 'en quoi est-ce fait ?', 'est-ce lavable en machine ?'
  ]),
  ('price_question', 'en', ARRAY[
    'how much does it cost?', 'what is the price of the black sneakers?', 'how much is a haircut?',
    'can you send me a price list?', 'what do you charge for teeth cleaning?',
    'is there a discount for students?', 'how much for two of them?', 'how much is shipping?',
    'what would a consultation cost?', 'price please', 'do you have anything cheaper?',
    'can I pay in instalments?', 'is VAT included in the price?', 'which payment methods do you accept?',
    'could you give me a quote?', 'what does it cost?', 'how much do I have to pay?', 'what are your prices?',
    'could I get a quote for 50 pieces?', 'can I pay with PayPal?'
  ]),
  ('price_question', 'nl', ARRAY[
    'hoeveel kost dit?', 'wat is de prijs van deze schoenen?', 'wat kost een behandeling bij jullie?',
    'kunt u mij een prijslijst sturen?', 'is er korting voor studenten?', 'kan ik in termijnen betalen?',
    'hoe duur is de verzending?', 'wat kost het?', 'wat zijn jullie prijzen?', 'kan ik met iDEAL betalen?'
  ]),
  ('price_question', 'pt', ARRAY[
    'quanto custa?', 'qual o preço desse tênis?', 'quanto custa uma limpeza de pele?',
    'qual é o valor da consulta?', 'tem desconto para estudante?', 'posso parcelar no cartão?',
    'me passa a tabela de preços?', 'quanto fica o frete?', 'qual é o valor?', 'quanto sai?', 'aceitam pix?',
    'me manda os preços'
  ]),
  ('price_question', 'de', ARRAY[
    'was kostet das?', 'wie viel kosten die Schuhe?', 'was kostet eine Behandlung bei Ihnen?',
    'können Sie mir eine Preisliste schicken?', 'gibt es Rabatt für Studenten?', 'kann ich in Raten zahlen?',
    'wie teuer ist der Versand?', 'wie viel kostet das?', 'was sind Ihre Preise?',
    'kann ich mit PayPal bezahlen?'
  ]),
  ('price_question', 'es', ARRAY[
    '¿cuánto cuesta?', '¿qué precio tienen estas zapatillas?', '¿cuánto vale una consulta?',
    '¿me pueden enviar la lista de precios?', '¿hay descuento para estudiantes?', '¿puedo pagar a plazos?',
    '¿cuánto cuesta el envío?', '¿qué precio tiene?', '¿cuáles son sus precios?', '¿puedo pagar con PayPal?'
  ]),
  ('price_question', 'fr', ARRAY[
    'combien ça coûte ?', 'quel est le prix de ces baskets ?', 'combien coûte une consultation ?',
    'pouvez-vous m''envoyer vos tarifs ?', 'y a-t-il une réduction pour les étudiants ?',
    'puis-je payer en plusieurs fois ?', 'combien coûte la livraison ?', 'c''est combien ?',
    'quels sont vos prix ?', 'puis-je payer avec PayPal ?'
  ]),
  ('delivery_question', 'en', ARRAY[
    'where is my order?', 'when will my package arrive?', 'how long does delivery take?',
    'do you ship to Belgium?', 'can I track my parcel?', 'my tracking number does not work',
    'has my order been shipped yet?', 'can I change the delivery address?', 'do you deliver on Saturdays?',
    'I ordered last week, when does it come?', 'can I pick up my order in the store?',
    'what is the status of order 48213?', 'do you offer express shipping?', 'do you deliver to my area?',
    'has my package been sent?', 'my parcel has not arrived yet', 'when do I receive my order?'
  ]),
  ('delivery_question', 'nl', ARRAY[
    'waar blijft mijn bestelling?', 'wanneer wordt mijn pakket bezorgd?', 'hoe lang duurt de levering?',
    'leveren jullie ook in België?', 'kan ik mijn pakket volgen?', 'is mijn bestelling al verzonden?',
    'kan ik het bezorgadres wijzigen?', 'mijn pakket is nog niet aangekomen', 'wanneer komt mijn bestelling?'
  ]),
  ('delivery_question', 'pt', ARRAY[
    'cadê o meu pedido?', 'quando chega a minha encomenda?', 'qual o prazo de entrega?',
    'vocês entregam em Lisboa?', 'como faço para rastrear o pedido?', 'meu pedido já foi enviado?',
    'posso mudar o endereço de entrega?', 'minha encomenda ainda não chegou', 'quando recebo meu pedido?'
  ]),
  ('delivery_question', 'de', ARRAY[
    'wo bleibt meine Bestellung?', 'wann kommt mein Paket an?', 'wie lange dauert die Lieferung?',
    'liefern Sie auch nach Österreich?', 'kann ich mein Paket verfolgen?',
    'wurde meine Bestellung schon verschickt?', 'mein Paket ist noch nicht angekommen',
    'wann bekomme ich meine Bestellung?'
  ]),
  ('delivery_question', 'es', ARRAY[
    '¿dónde está mi pedido?', '¿cuándo llega mi paquete?', '¿cuánto tarda la entrega?',
    '¿hacen envíos a Canarias?', '¿cómo puedo rastrear mi pedido?', '¿ya enviaron mi pedido?',
    'mi paquete aún no llega', '¿cuándo recibo mi pedido?'
  ]),
  ('delivery_question', 'fr', ARRAY[
    'où est ma commande ?', 'quand arrive mon colis ?', 'quel est le délai de livraison ?',
    'livrez-vous en Belgique ?', 'comment suivre mon colis ?', 'ma commande a-t-elle été expédiée ?',
    'mon colis n''est pas encore arrivé', 'quand vais-je recevoir ma commande ?'
  ]),
  ('appointment', 'en', ARRAY[
    'I would like to book an appointment', 'can I make an appointment for Tuesday?',
    'do you have a slot free tomorrow afternoon?', 'I need to reschedule my appointment',
    'can I cancel my appointment on Friday?', 'please move my booking to next week',
    'is there any availability this week?', 'book me in for a haircut at 3 pm',
    'I want to see the dentist, when is the next free time?', 'can I come in for a consultation on Monday?',
    'what time was my appointment again?', 'schedule a visit please',
    'I''d like to reserve a table for four tonight', 'do I need an appointment or can I just walk in?'
  ]),
  ('appointment', 'nl', ARRAY[
    'ik wil graag een afspraak maken', 'kan ik voor dinsdag een afspraak maken?',
    'hebben jullie morgen nog plek?', 'ik wil mijn afspraak verzetten',
    'kan ik mijn afspraak van vrijdag annuleren?', 'kan ik een tafel reserveren voor vanavond?'
  ]),
  ('appointment', 'pt', ARRAY[
    'quero marcar uma consulta', 'gostaria de agendar um horário', 'tem horário livre amanhã?',
    'preciso remarcar minha consulta', 'quero cancelar meu agendamento de sexta',
    'posso marcar para terça-feira?', 'quero agendar uma avaliação'
  ]),
  ('appointment', 'de', ARRAY[
    'ich möchte einen Termin vereinbaren', 'kann ich für Dienstag einen Termin bekommen?',
    'haben Sie morgen noch etwas frei?', 'ich muss meinen Termin verschieben',
    'ich möchte meinen Termin am Freitag absagen', 'kann ich einen Tisch für heute Abend reservieren?'
  ]),
  ('appointment', 'es', ARRAY[
    'quiero pedir una cita', '¿puedo reservar una cita para el martes?', '¿tienen hueco mañana por la tarde?',
    'necesito cambiar mi cita', 'quiero cancelar mi cita del viernes', 'quisiera agendar una consulta'
  ]),
  ('appointment', 'fr', ARRAY[
    'je voudrais prendre rendez-vous', 'puis-je avoir un rendez-vous mardi ?',
    'avez-vous une place demain après-midi ?', 'je dois déplacer mon rendez-vous',
    'je veux annuler mon rendez-vous de vendredi', 'je souhaite réserver une table pour ce soir'
  ]),
  ('return_refund', 'en', ARRAY[
    'I want to return these shoes', 'how do I send an item back?', 'can I exchange this for a bigger size?',
    'what is your return policy?', 'I would like a refund please', 'when will I get my money back?',
    'the dress does not fit, can I return it?', 'can I swap it for another colour?',
    'how many days do I have to return something?', 'I received the wrong item, how do I exchange it?',
    'I changed my mind, can I cancel the order?', 'is returning free of charge?',
    'how long does a refund take?', 'I need a return label', 'I''d like my money back',
    'how can I return my order?', 'please refund my order', 'can I exchange the trousers?'
  ]),
  ('return_refund', 'nl', ARRAY[
    'ik wil deze schoenen retourneren', 'hoe stuur ik een artikel terug?',
    'kan ik dit ruilen voor een grotere maat?', 'wanneer krijg ik mijn geld terug?',
    'wat is jullie retourbeleid?', 'ik heb het verkeerde artikel ontvangen, kan ik ruilen?',
    'ik wil mijn geld terug', 'kan ik mijn bestelling retourneren?'
  ]),
  ('return_refund', 'pt', ARRAY[
    'quero devolver esse produto', 'como faço para trocar por um tamanho maior?',
    'qual a política de troca e devolução?', 'quero o reembolso, por favor',
    'quando recebo meu dinheiro de volta?', 'veio o produto errado, como faço a troca?',
    'quero meu dinheiro de volta', 'posso trocar a calça?'
  ]),
  ('return_refund', 'de', ARRAY[
    'ich möchte die Schuhe zurückgeben', 'wie schicke ich einen Artikel zurück?',
    'kann ich das gegen eine größere Größe umtauschen?', 'wann bekomme ich mein Geld zurück?',
    'wie sind Ihre Rückgabebedingungen?', 'ich habe den falschen Artikel bekommen, kann ich umtauschen?',
    'ich möchte mein Geld zurück', 'kann ich meine Bestellung zurückschicken?'
  ]),
  ('return_refund', 'es', ARRAY[
    'quiero devolver estos zapatos', '¿cómo devuelvo un artículo?',
    '¿puedo cambiarlo por una talla más grande?', '¿cuándo me devuelven el dinero?',
    '¿cuál es la política de devoluciones?', 'me llegó el artículo equivocado, quiero cambiarlo',
    'quiero mi dinero de vuelta', '¿puedo devolver mi pedido?'
  ]),
  ('return_refund', 'fr', ARRAY[
    'je voudrais retourner ces chaussures', 'comment renvoyer un article ?',
    'puis-je échanger contre une taille plus grande ?', 'quand serai-je remboursé ?',
    'quelle est votre politique de retour ?', 'j''ai reçu le mauvais article, puis-je l''échanger ?',
    'je veux être remboursé', 'puis-je retourner ma commande ?'
  ]),
  ('recruitment_application', 'en', ARRAY[
    'I would like to apply for the nurse position',
    'I am a registered nurse with five years of experience and looking for work',
    'I saw your vacancy for a driver and want to apply', 'here is my CV',
    'I''m interested in the job, how can I apply?', 'I want to apply as a care assistant',
    'I have ten years of experience in intensive care and I am available from May',
    'I am looking for a full-time job as a cook', 'please find attached my resume and cover letter',
    'I am a software developer searching for a new job',
    'applying for the warehouse role, I can start on Monday', 'I would like to work for your company',
    'I''m a physiotherapist with a diploma from Portugal and I''d love to join your team',
    'my name is Maria, I am a nurse in Manila and I want to work in Germany',
    'I want a job at your company, here is my resume', 'I am applying for the position of receptionist',
    'I have experience as a caregiver and would like to work with you',
    'I am a qualified teacher looking for a position',
    'I am interested in working as a nurse in the Netherlands',
    'my CV is attached, I would like to apply for the vacancy',
    'electrician with twelve years of experience, do you have work for me?',
    'I am a doctor and I want to relocate for work'
  ]),
  ('recruitment_application', 'nl', ARRAY[
    'ik wil graag solliciteren op de vacature van verpleegkundige',
    'ik ben verpleegkundige met vijf jaar ervaring en zoek werk', 'hierbij stuur ik mijn cv',
    'ik ben geïnteresseerd in de baan als chauffeur', 'ik wil bij jullie komen werken',
    'ik zoek een baan in de zorg en ben per direct beschikbaar',
    'ik ben geïnteresseerd in de vacature, mijn cv zit in de bijlage',
    'ik heb ervaring in de zorg en wil graag bij jullie werken', 'ik zoek werk als elektricien',
    'ik wil solliciteren als verzorgende'
  ]),
  ('recruitment_application', 'pt', ARRAY[
    'quero me candidatar à vaga de enfermeira',
    'sou enfermeiro com cinco anos de experiência e procuro emprego', 'segue meu currículo',
    'tenho interesse na vaga de motorista', 'gostaria de trabalhar com vocês',
    'sou técnica de enfermagem e estou disponível para começar', 'vi a vaga e queria me candidatar',
    'quero trabalhar na empresa, envio meu currículo', 'tenho experiência como cuidadora e procuro trabalho',
    'tenho interesse em trabalhar como enfermeira na Alemanha', 'gostaria de me candidatar ao emprego'
  ]),
  ('recruitment_application', 'de', ARRAY[
    'ich möchte mich als Krankenpfleger bewerben',
    'ich bin Krankenschwester mit fünf Jahren Erfahrung und suche Arbeit', 'anbei mein Lebenslauf',
    'ich interessiere mich für die Stelle als Fahrer', 'ich würde gerne bei Ihnen arbeiten',
    'hiermit bewerbe ich mich auf Ihre Stellenanzeige', 'ich suche Arbeit als Elektriker und habe Erfahrung',
    'meinen Lebenslauf finden Sie im Anhang, ich möchte mich bewerben',
    'ich habe Interesse an einer Arbeit als Pflegekraft', 'Bewerbung als Altenpflegerin'
  ]),
  ('recruitment_application', 'es', ARRAY[
    'quiero postularme para el puesto de enfermera',
    'soy enfermero con cinco años de experiencia y busco trabajo', 'adjunto mi currículum',
    'me interesa la oferta de empleo de conductor', 'me gustaría trabajar con ustedes',
    'soy auxiliar de enfermería y estoy disponible', 'busco trabajo y tengo experiencia como cuidadora',
    'le envío mi currículum para la vacante de enfermera',
    'estoy interesada en trabajar como cocinera con ustedes', 'quisiera postular a la vacante'
  ]),
  ('recruitment_application', 'fr', ARRAY[
    'je souhaite postuler au poste d''infirmière',
    'je suis infirmier avec cinq ans d''expérience et je cherche un emploi', 'voici mon CV',
    'je suis intéressé par le poste de chauffeur', 'j''aimerais travailler chez vous',
    'je cherche un travail d''aide-soignante',
    'je cherche du travail et j''ai de l''expérience comme électricien',
    'je vous envoie mon CV pour l''offre d''emploi', 'je souhaite travailler comme infirmière en Allemagne',
    'candidature au poste de serveur'
  ]),
  ('job_question', 'en', ARRAY[
    'do you have any open vacancies?', 'what is the salary for this job?', 'is the position still open?',
    'do you offer visa sponsorship for nurses?', 'is the job full time or part time?',
    'which qualifications do I need for the job?', 'are you hiring right now?', 'can I do this job remotely?',
    'what are the working hours of the night shift role?', 'when will I hear back about my application?',
    'how does the interview go?', 'do you offer internships?', 'what is the status of my application?',
    'do I have to speak German for this job?', 'what does the job pay?', 'is the vacancy still available?',
    'any job openings for drivers?', 'did you receive my application?',
    'what is the interview process for this role?', 'do you sponsor work visas?',
    'is this position remote or on site?'
  ]),
  ('job_question', 'nl', ARRAY[
    'hebben jullie nog vacatures?', 'wat is het salaris voor deze functie?', 'is de vacature nog open?',
    'is het een fulltime of parttime baan?', 'welke diploma''s heb ik nodig voor deze baan?',
    'wanneer hoor ik iets over mijn sollicitatie?', 'is de functie nog beschikbaar?',
    'hebben jullie werk voor een verpleegkundige?', 'hebben jullie mijn sollicitatie ontvangen?',
    'hoeveel verdien je met deze baan?'
  ]),
  ('job_question', 'pt', ARRAY[
    'vocês têm vagas abertas?', 'qual é o salário dessa vaga?', 'a vaga ainda está aberta?',
    'o emprego é de tempo integral?', 'quais requisitos preciso para a vaga?',
    'quando recebo resposta da minha candidatura?', 'estão contratando?',
    'a vaga de enfermeira ainda está disponível?', 'tem vaga para motorista?', 'receberam minha candidatura?',
    'quanto paga esse emprego?'
  ]),
  ('job_question', 'de', ARRAY[
    'haben Sie offene Stellen?', 'wie hoch ist das Gehalt für diese Stelle?', 'ist die Stelle noch frei?',
    'ist das eine Vollzeitstelle?', 'welche Qualifikationen brauche ich für den Job?',
    'wann höre ich etwas zu meiner Bewerbung?', 'ist die Stelle als Fahrer noch verfügbar?',
    'suchen Sie noch Mitarbeiter?', 'haben Sie meine Bewerbung erhalten?', 'was verdient man in diesem Job?'
  ]),
  ('job_question', 'es', ARRAY[
    '¿tienen vacantes abiertas?', '¿cuál es el salario del puesto?', '¿la vacante sigue disponible?',
    '¿el trabajo es a tiempo completo?', '¿qué requisitos piden para el puesto?',
    '¿están contratando personal?', '¿hay trabajo para conductores?', '¿recibieron mi solicitud de empleo?',
    '¿cuánto pagan en ese puesto de trabajo?', '¿siguen buscando personal?'
  ]),
  ('job_question', 'fr', ARRAY[
    'avez-vous des postes à pourvoir ?', 'quel est le salaire pour ce poste ?',
    'l''offre d''emploi est-elle toujours ouverte ?', 'est-ce un emploi à temps plein ?',
    'quels diplômes faut-il pour ce poste ?', 'est-ce que vous recrutez ?',
    'recrutez-vous encore des infirmières ?', 'avez-vous reçu ma candidature ?', 'combien paie cet emploi ?',
    'le poste est-il encore disponible ?'
  ]),
  ('stock_question', 'en', ARRAY[
    'is this in stock?', 'do you have these shoes in size 42?', 'do you still have the red dress in medium?',
    'is the iPhone 15 available?', 'are the white sneakers sold out?', 'when will it be back in stock?',
    'do you have it in black, size L?', 'is this available in your store?', 'how many are left?',
    'out of stock again? when do you get more?', 'do you have the PlayStation in stock',
    'hi, is the leather bag still available?', 'will you restock the blue one?', 'any left in size 38?',
    'is size 38 available?', 'do you have any of these left?', 'when do you get new stock?',
    'is it sold out?', 'do you still have this one?', 'are the boots available in brown?'
  ]),
  ('stock_question', 'nl', ARRAY[
    'is dit nog op voorraad?', 'hebben jullie deze schoenen nog in maat 42?',
    'is de rode jurk nog beschikbaar?', 'wanneer komt dit weer op voorraad?', 'is dit uitverkocht?',
    'hebben jullie de zwarte nog in maat L?', 'is maat 38 nog beschikbaar?', 'is de tas uitverkocht?',
    'hebben jullie deze nog?'
  ]),
  ('stock_question', 'pt', ARRAY[
    'tem em estoque?', 'vocês têm esse tênis no tamanho 42?', 'o vestido vermelho ainda está disponível?',
    'quando volta ao estoque?', 'está esgotado?', 'ainda tem o preto no tamanho M?',
    'tem disponível na loja?', 'tem esse no tamanho P?', 'o tênis está esgotado?', 'ainda tem essa bolsa?',
    'vocês ainda têm?'
  ]),
  ('stock_question', 'de', ARRAY[
    'ist das auf Lager?', 'haben Sie die Schuhe noch in Größe 42?', 'ist das rote Kleid noch verfügbar?',
    'wann ist es wieder lieferbar?', 'ist das ausverkauft?', 'haben Sie das noch in Schwarz, Größe L?',
    'gibt es die Tasche noch?', 'ist Größe 38 verfügbar?', 'haben Sie davon noch welche?'
  ]),
  ('stock_question', 'es', ARRAY[
    '¿hay stock de este producto?', '¿tienen estos zapatos en talla 42?',
    '¿el vestido rojo sigue disponible?', '¿cuándo vuelven a tener existencias?', '¿está agotado?',
    '¿les queda alguno en talla M?', '¿tienen la talla 38 disponible?', '¿todavía tienen el bolso?',
    '¿cuándo llega más stock?'
  ]),
  ('stock_question', 'fr', ARRAY[
    'est-ce en stock ?', 'avez-vous ces chaussures en taille 42 ?',
    'la robe rouge est-elle encore disponible ?', 'quand sera-t-il de nouveau en stock ?', 'c''est épuisé ?',
    'il vous en reste en taille M ?', 'la taille 38 est-elle disponible ?', 'avez-vous encore le sac ?',
    'quand aurez-vous du stock ?'
  ]),
  ('stock_alert_request', 'en', ARRAY[
    'please notify me when it is back in stock', 'let me know when the shoes are available again',
    'can you send me a message when it is back?', 'put me on the waiting list for the red bag',
    'I want a stock alert for the white sneakers in 41', 'tell me as soon as you have it again',
    'notify me when size M is available', 'could you reserve one for me when it arrives?',
    'alert me when the PlayStation is in stock', 'message me once it''s restocked please',
    'can I get a notification when this is available?', 'add me to the waitlist', 'tell me when it arrives',
    'please put my name on the waiting list', 'send me an alert when they are in stock'
  ]),
  ('stock_alert_request', 'nl', ARRAY[
    'laat me weten wanneer het weer op voorraad is', 'stuur me een bericht als de schoenen er weer zijn',
    'zet mij op de wachtlijst', 'waarschuw me als maat M weer beschikbaar is',
    'ik wil graag een melding zodra het er weer is', 'zet mijn naam op de wachtlijst',
    'stuur een bericht zodra maat 40 binnen is'
  ]),
  ('stock_alert_request', 'pt', ARRAY[
    'me avisa quando chegar', 'me avise quando voltar ao estoque',
    'quero ser avisada quando tiver o tamanho M', 'pode me colocar na lista de espera?',
    'me manda mensagem quando o tênis estiver disponível', 'avisa assim que tiver de novo por favor',
    'põe meu nome na lista de espera', 'me manda um aviso quando chegar mais'
  ]),
  ('stock_alert_request', 'de', ARRAY[
    'bitte benachrichtigen Sie mich, wenn es wieder da ist',
    'sagen Sie mir Bescheid, sobald die Schuhe wieder auf Lager sind', 'setzen Sie mich auf die Warteliste',
    'ich möchte eine Nachricht, wenn Größe M wieder verfügbar ist',
    'geben Sie mir Bescheid, wenn es lieferbar ist', 'setzen Sie meinen Namen auf die Warteliste',
    'melden Sie sich, wenn neue Ware kommt'
  ]),
  ('stock_alert_request', 'es', ARRAY[
    'avísame cuando vuelva a haber stock', 'avísenme cuando esté disponible',
    'pónganme en la lista de espera', 'quiero que me notifiquen cuando llegue la talla M',
    'mándame un mensaje cuando lo tengan otra vez', 'pon mi nombre en la lista de espera',
    'avísame cuando llegue'
  ]),
  ('stock_alert_request', 'fr', ARRAY[
    'prévenez-moi quand il sera de retour en stock', 'dites-moi quand les chaussures seront disponibles',
    'mettez-moi sur la liste d''attente', 'je veux une alerte quand la taille M est disponible',
    'envoyez-moi un message dès que vous en avez', 'mettez mon nom sur la liste d''attente',
    'prévenez-moi dès que c''est disponible'
  ]),
  ('campaign_yes', 'en', ARRAY[
    'YES', 'yes please', 'yes, I''m interested', 'I want it', 'count me in', 'sounds good, tell me more',
    'sure, send me the link', 'yes I would like the offer', 'ok, sign me up', 'interested!',
    'I''d love to try it', 'yes, send me the discount code', 'deal, I take it', 'I''m in', 'yes!',
    'yes, tell me more', 'I am interested in the offer', 'yes I want to take part',
    'send me the offer please', 'I''m interested, where do I sign up?', 'count me in, send the link'
  ]),
  ('campaign_yes', 'nl', ARRAY[
    'ja', 'ja graag', 'ja, ik heb interesse', 'ja, stuur maar op', 'klinkt goed, vertel me meer',
    'ik doe mee', 'stuur me de link', 'ja!', 'ja, vertel me meer', 'ja, ik wil graag meedoen',
    'ik heb interesse in de aanbieding', 'stuur me de aanbieding'
  ]),
  ('campaign_yes', 'pt', ARRAY[
    'sim', 'sim, tenho interesse', 'quero sim', 'sim, por favor', 'pode mandar o link', 'eu quero',
    'quero participar', 'sim, me conta mais', 'sim!', 'sim, quero participar', 'tenho interesse na oferta',
    'me manda o link da oferta', 'sim, pode mandar'
  ]),
  ('campaign_yes', 'de', ARRAY[
    'ja bitte', 'ja, ich habe Interesse', 'ja gerne', 'klingt gut, erzählen Sie mehr', 'ich bin dabei',
    'schicken Sie mir den Link', 'ja!', 'ja, ich mache mit', 'ich habe Interesse an dem Angebot',
    'senden Sie mir das Angebot', 'ja, erzählen Sie mir mehr'
  ]),
  ('campaign_yes', 'es', ARRAY[
    'sí', 'sí, me interesa', 'sí, por favor', 'claro, envíame el enlace', 'lo quiero', 'me apunto',
    'suena bien, cuéntame más', '¡sí!', 'sí, quiero participar', 'me interesa la oferta',
    'mándame el enlace de la oferta', 'sí, cuéntame'
  ]),
  ('campaign_yes', 'fr', ARRAY[
    'oui', 'oui, ça m''intéresse', 'oui, s''il vous plaît', 'envoyez-moi le lien', 'je suis partant',
    'd''accord, dites-m''en plus', 'je le veux', 'oui !', 'oui, je veux participer', 'l''offre m''intéresse',
    'envoyez-moi l''offre', 'oui, dites-moi tout'
  ]),
  ('campaign_no', 'en', ARRAY[
    'NO', 'no thanks', 'no thank you, not interested', 'STOP', 'unsubscribe',
    'please remove me from your list', 'stop sending me these offers', 'not for me',
    'I don''t want any more advertising', 'take me off this list', 'no, maybe next time', 'opt out',
    'not interested', 'no, I am not interested, thanks', 'no thanks, stop messaging me',
    'please unsubscribe me from this list', 'I don''t want these messages anymore',
    'stop sending me messages', 'remove me'
  ]),
  ('campaign_no', 'nl', ARRAY[
    'nee', 'nee, bedankt', 'geen interesse', 'stop met deze berichten', 'haal mij van de lijst',
    'ik wil geen reclame meer', 'afmelden', 'nee dank je, niet geïnteresseerd', 'nee bedankt, geen reclame',
    'stuur mij geen berichten meer', 'schrijf mij uit van de lijst'
  ]),
  ('campaign_no', 'pt', ARRAY[
    'não', 'não, obrigado', 'não tenho interesse', 'parem de mandar mensagem', 'quero sair da lista',
    'não quero mais receber ofertas', 'descadastrar', 'não obrigada, sem interesse',
    'não quero mais mensagens', 'me tira da lista', 'pare de enviar propaganda'
  ]),
  ('campaign_no', 'de', ARRAY[
    'nein', 'nein danke', 'kein Interesse', 'bitte keine Werbung mehr', 'nehmen Sie mich von der Liste',
    'abmelden', 'hören Sie auf mit diesen Angeboten', 'nein, kein Interesse',
    'nein danke, bitte keine Nachrichten mehr', 'ich möchte keine Angebote mehr bekommen',
    'tragen Sie mich aus der Liste aus'
  ]),
  ('campaign_no', 'es', ARRAY[
    'no, gracias', 'no me interesa', 'dejen de enviarme ofertas', 'quiero darme de baja',
    'bórrenme de la lista', 'no quiero más publicidad', 'no', 'no gracias, no estoy interesado',
    'no quiero más mensajes', 'paren de mandar publicidad', 'sáquenme de la lista'
  ]),
  ('campaign_no', 'fr', ARRAY[
    'non', 'non merci', 'pas intéressé', 'arrêtez de m''envoyer ces offres', 'je veux me désabonner',
    'retirez-moi de la liste', 'plus de publicité s''il vous plaît', 'non, ça ne m''intéresse pas',
    'non merci, plus de messages', 'je ne veux plus recevoir vos messages', 'désinscrivez-moi de la liste'
  ]),
  ('campaign_question', 'en', ARRAY[
    'how long is this offer valid?', 'does the promotion apply to all products?',
    'is the discount code still working?', 'what do I get with this promotion?',
    'is the 20% off also for the new collection?', 'can I combine the offer with another coupon?',
    'I got your message about the sale, what are the conditions?', 'where can I use the voucher you sent me?',
    'is this deal only for new customers?', 'you sent me an offer, how do I claim it?',
    'until when does the sale run?', 'how does the giveaway work?', 'is the offer still valid?',
    'how do I use the discount code you sent?', 'what are the conditions of the promotion?'
  ]),
  ('campaign_question', 'nl', ARRAY[
    'hoe lang is deze aanbieding geldig?', 'geldt de actie voor alle producten?',
    'werkt de kortingscode nog?', 'ik kreeg jullie bericht over de actie, wat zijn de voorwaarden?',
    'is deze aanbieding alleen voor nieuwe klanten?', 'hoe gebruik ik de kortingscode?',
    'is de actie nog geldig?'
  ]),
  ('campaign_question', 'pt', ARRAY[
    'até quando vale essa promoção?', 'a promoção vale para todos os produtos?',
    'o cupom de desconto ainda funciona?', 'recebi a mensagem da oferta, quais são as condições?',
    'a oferta é só para clientes novos?', 'como faço para participar da promoção?',
    'a oferta ainda está valendo?', 'como uso o cupom de desconto?'
  ]),
  ('campaign_question', 'de', ARRAY[
    'wie lange gilt dieses Angebot?', 'gilt die Aktion für alle Produkte?',
    'funktioniert der Rabattcode noch?',
    'ich habe Ihre Nachricht zur Aktion bekommen, was sind die Bedingungen?',
    'ist das Angebot nur für Neukunden?', 'ist das Angebot noch gültig?', 'wie benutze ich den Rabattcode?'
  ]),
  ('campaign_question', 'es', ARRAY[
    '¿hasta cuándo es válida la oferta?', '¿la promoción aplica a todos los productos?',
    '¿el código de descuento todavía funciona?',
    'recibí su mensaje de la oferta, ¿cuáles son las condiciones?',
    '¿la promoción es solo para clientes nuevos?', '¿la oferta sigue vigente?',
    '¿cómo uso el código de descuento?'
  ]),
  ('campaign_question', 'fr', ARRAY[
    'jusqu''à quand l''offre est-elle valable ?', 'la promotion s''applique-t-elle à tous les produits ?',
    'le code promo marche encore ?', 'j''ai reçu votre message sur l''offre, quelles sont les conditions ?',
    'l''offre est-elle réservée aux nouveaux clients ?', 'l''offre est-elle encore valable ?',
    'comment utiliser le code promo ?'
  ]),
  ('complaint', 'en', ARRAY[
    'this is the worst service I have ever had', 'I am very disappointed and angry',
    'your product broke after one day, this is unacceptable',
    'I have been waiting for three weeks and nobody answers!!!', 'nobody ever replies, I am furious',
    'terrible quality, I feel cheated', 'you ruined my wedding day, I want to complain',
    'this is a joke, fix it now!', 'I am sick of your excuses', 'absolutely awful experience, never again',
    'the staff was rude to me', 'my order arrived damaged and support ignores me, I am really angry',
    'what a rip-off, shame on you', 'I want to make a formal complaint',
    'third time I write about this problem, ridiculous', 'I am so disappointed with the quality',
    'your staff is rude and unhelpful', 'what an awful experience, I am very upset',
    'it broke after two days, absolutely unacceptable', 'I am angry, my order arrived damaged and broken',
    'why does nobody answer my emails? this is ridiculous',
    'terrible customer service, very unhappy customer', 'I have been lied to, this is outrageous',
    'you should be ashamed, horrible company',
    'I''ve been waiting for weeks and still no answer, I''m fed up', 'still broken, I am losing my patience'
  ]),
  ('complaint', 'nl', ARRAY[
    'dit is de slechtste service die ik ooit heb gehad', 'ik ben heel boos en teleurgesteld',
    'dit is onacceptabel, niemand reageert!', 'wat een waardeloze kwaliteit, ik voel me bedrogen',
    'ik wil een klacht indienen', 'ik wacht al drie weken en niemand antwoordt, schandalig',
    'het personeel was onbeschoft', 'ik heb een klacht over jullie service',
    'ik ben woedend, het is al de derde keer', 'het product is na een dag kapot, belachelijk',
    'heel slechte ervaring, ik ben erg teleurgesteld', 'schandalig slechte service, nooit meer'
  ]),
  ('complaint', 'pt', ARRAY[
    'esse é o pior atendimento que já tive', 'estou muito decepcionada e com raiva',
    'isso é inaceitável, ninguém responde!', 'produto péssimo, me sinto enganado',
    'quero fazer uma reclamação', 'estou esperando há três semanas e nada, um absurdo',
    'o produto quebrou no primeiro dia, que vergonha', 'vocês são horríveis, nunca mais compro',
    'péssimo atendimento, estou muito decepcionado', 'tenho uma reclamação, estou furiosa',
    'chegou quebrado e ninguém resolve, que absurdo', 'que vergonha, pior empresa, nunca mais',
    'estou muito irritada com a demora'
  ]),
  ('complaint', 'de', ARRAY[
    'das ist der schlechteste Service, den ich je hatte', 'ich bin sehr enttäuscht und wütend',
    'das ist inakzeptabel, niemand antwortet!', 'miserable Qualität, ich fühle mich betrogen',
    'ich möchte mich beschweren', 'ich warte seit drei Wochen, eine Frechheit',
    'das Personal war unverschämt', 'ich habe eine Beschwerde, ich bin stinksauer',
    'sehr schlechte Qualität, ich bin enttäuscht', 'die Ware kam kaputt an, das ist eine Frechheit',
    'unverschämter Kundenservice, nie wieder', 'ich bin wütend, das ist schon das dritte Mal'
  ]),
  ('complaint', 'es', ARRAY[
    'es el peor servicio que he tenido', 'estoy muy decepcionado y enfadado',
    'esto es inaceptable, nadie responde', 'pésima calidad, me siento engañado', 'quiero poner una queja',
    'llevo tres semanas esperando, es una vergüenza', 'el personal fue muy grosero',
    'tengo una queja, estoy furiosa', 'muy mala experiencia, estoy decepcionada',
    'llegó roto y nadie resuelve, es inaceptable', 'qué vergüenza, la peor empresa, nunca más',
    'pésimo servicio, estoy muy enojado'
  ]),
  ('complaint', 'fr', ARRAY[
    'c''est le pire service que j''aie jamais eu', 'je suis très déçu et en colère',
    'c''est inadmissible, personne ne répond !', 'qualité lamentable, je me sens arnaqué',
    'je veux faire une réclamation', 'j''attends depuis trois semaines, c''est honteux',
    'le personnel était impoli', 'j''ai une réclamation, je suis furieux',
    'très mauvaise expérience, je suis déçue', 'le produit est arrivé cassé, c''est inadmissible',
    'quelle honte, plus jamais', 'service lamentable, je suis très en colère'
  ]),
  ('legal_threat', 'en', ARRAY[
    'I will contact my lawyer', 'you will hear from my attorney', 'I am going to sue you',
    'I will report you to consumer protection', 'if I don''t get my money back I''ll take legal action',
    'this is fraud, I am going to the police', 'I will file a lawsuit',
    'I demand compensation or we meet in court', 'under GDPR I demand deletion of all my personal data',
    'my solicitor will send you a letter', 'I will file a chargeback and a complaint with the authorities',
    'this is your last warning before legal steps', 'my lawyer will contact you', 'I''ll see you in court',
    'I am taking legal action against your company', 'I am reporting this to the police',
    'I will sue your company for damages'
  ]),
  ('legal_threat', 'nl', ARRAY[
    'ik neem contact op met mijn advocaat', 'ik ga aangifte doen bij de politie',
    'jullie horen van mijn advocaat', 'ik sleep jullie voor de rechter',
    'ik eis schadevergoeding, anders onderneem ik juridische stappen', 'ik ga naar de politie',
    'mijn advocaat neemt contact met u op', 'ik stap naar de rechter'
  ]),
  ('legal_threat', 'pt', ARRAY[
    'vou falar com meu advogado', 'vou processar vocês', 'vou abrir reclamação no Procon',
    'isso é fraude, vou à polícia', 'vou entrar na justiça contra a empresa',
    'exijo indenização, senão tomo medidas legais', 'meu advogado vai entrar em contato',
    'vou denunciar na polícia', 'vejo vocês no tribunal'
  ]),
  ('legal_threat', 'de', ARRAY[
    'ich schalte meinen Anwalt ein', 'Sie hören von meinem Rechtsanwalt', 'ich werde Sie verklagen',
    'das ist Betrug, ich gehe zur Polizei', 'ich erstatte Anzeige',
    'ich fordere Schadensersatz, sonst sehen wir uns vor Gericht', 'mein Anwalt wird sich melden',
    'ich gehe zur Polizei und zeige Sie an', 'ich gehe vor Gericht'
  ]),
  ('legal_threat', 'es', ARRAY[
    'voy a hablar con mi abogado', 'los voy a demandar', 'esto es fraude, voy a la policía',
    'voy a denunciarlos ante consumo', 'exijo una indemnización o iremos a juicio',
    'mi abogado se pondrá en contacto', 'nos vemos en los tribunales', 'voy a poner una denuncia'
  ]),
  ('legal_threat', 'fr', ARRAY[
    'je vais contacter mon avocat', 'je vais porter plainte', 'c''est une fraude, je vais à la police',
    'je vous poursuivrai en justice', 'j''exige une indemnisation, sinon nous irons au tribunal',
    'mon avocat va vous contacter', 'je porte plainte à la police', 'on se verra au tribunal'
  ]),
  ('phishing', 'en', ARRAY[
    'your account will be suspended, click here to verify', 'send me the verification code you just received',
    'please confirm your password to keep your account active',
    'we detected unusual activity, log in at this link within 24 hours',
    'you must verify your identity, reply with your card number and CVV',
    'send your bank login so that we can release the payment',
    'this is the Meta support team, your page violates our rules, confirm at http://bit.ly/page-appeal',
    'your mailbox is full, validate your credentials here', 'I am from your bank, give me your PIN code',
    'urgent: update your payment details or your page will be deleted',
    'your parcel is held at customs, pay the fee at this link with your card number',
    'please reply with the six digit code to secure your account',
    'click the link and enter your username and password to avoid suspension',
    'send us the credit card number and security code to verify your account'
  ]),
  ('phishing', 'nl', ARRAY[
    'uw account wordt geblokkeerd, klik hier om te bevestigen',
    'stuur mij de verificatiecode die u net kreeg', 'bevestig uw wachtwoord via deze link',
    'wij zijn van uw bank, geef uw pincode door',
    'uw pakket ligt bij de douane, betaal via deze link met uw kaartnummer'
  ]),
  ('phishing', 'pt', ARRAY[
    'sua conta será bloqueada, clique aqui para confirmar',
    'me envie o código de verificação que você recebeu', 'confirme sua senha neste link',
    'somos do seu banco, informe a sua senha e o número do cartão',
    'sua encomenda está retida, pague a taxa neste link',
    'atualize seus dados bancários para não perder o acesso'
  ]),
  ('phishing', 'de', ARRAY[
    'Ihr Konto wird gesperrt, klicken Sie hier zur Bestätigung',
    'senden Sie mir den Bestätigungscode, den Sie erhalten haben',
    'bestätigen Sie Ihr Passwort über diesen Link',
    'wir sind von Ihrer Bank, nennen Sie uns Ihre PIN und Kartennummer',
    'Ihr Paket liegt beim Zoll, zahlen Sie über diesen Link'
  ]),
  ('phishing', 'es', ARRAY[
    'su cuenta será suspendida, haga clic aquí para verificar',
    'envíeme el código de verificación que recibió', 'confirme su contraseña en este enlace',
    'somos de su banco, díganos su PIN y el número de tarjeta',
    'su paquete está retenido, pague la tasa en este enlace'
  ]),
  ('phishing', 'fr', ARRAY[
    'votre compte sera suspendu, cliquez ici pour vérifier',
    'envoyez-moi le code de vérification que vous avez reçu', 'confirmez votre mot de passe via ce lien',
    'nous sommes votre banque, donnez-nous votre code PIN et le numéro de carte',
    'votre colis est bloqué, payez les frais sur ce lien'
  ]),
  ('payment_data', 'en', ARRAY[
    'my card number is 4111 1111 1111 1111',
    'here are my credit card details: 5500 0000 0000 0004 exp 09/27 cvv 123',
    'can I give you my card number here?', 'visa 4012 8888 8888 1881, CVC 456, please charge it',
    'I''ll send you a photo of my credit card', 'my IBAN is NL91 ABNA 0417 1643 00',
    'take the money from my bank account, the number is 12345678', 'you charged my card twice',
    'there is an unknown charge from you on my credit card', 'expiry 11/26, security code 987',
    'can you store my credit card for the next orders?', 'the payment was debited two times from my account'
  ]),
  ('payment_data', 'nl', ARRAY[
    'mijn kaartnummer is 4111 1111 1111 1111', 'hier zijn mijn creditcardgegevens, cvc 123',
    'mijn IBAN is NL20 INGB 0001 2345 67', 'er is twee keer geld van mijn rekening afgeschreven',
    'kan ik hier mijn pasgegevens doorgeven?'
  ]),
  ('payment_data', 'pt', ARRAY[
    'o número do meu cartão é 4111 1111 1111 1111', 'segue os dados do meu cartão, validade 09/27, cvv 123',
    'cobraram duas vezes no meu cartão', 'posso passar o número do cartão por aqui?',
    'meu cartão é 5500 0000 0000 0004 código 321'
  ]),
  ('payment_data', 'de', ARRAY[
    'meine Kartennummer ist 4111 1111 1111 1111', 'hier sind meine Kreditkartendaten, Prüfziffer 123',
    'meine IBAN ist DE89 3704 0044 0532 0130 00', 'Sie haben meine Karte zweimal belastet',
    'kann ich Ihnen hier meine Kartendaten geben?'
  ]),
  ('payment_data', 'es', ARRAY[
    'mi número de tarjeta es 4111 1111 1111 1111', 'aquí están los datos de mi tarjeta, cvv 123',
    'me cobraron dos veces en la tarjeta', 'mi IBAN es ES91 2100 0418 4502 0005 1332',
    '¿puedo darle el número de mi tarjeta por aquí?'
  ]),
  ('payment_data', 'fr', ARRAY[
    'mon numéro de carte est 4111 1111 1111 1111', 'voici les données de ma carte, cryptogramme 123',
    'vous avez débité ma carte deux fois', 'mon IBAN est FR14 2004 1010 0505 0001 3M02 606',
    'puis-je vous donner mon numéro de carte ici ?'
  ]),
  ('spam', 'en', ARRAY[
    'earn 5000 dollars a week from home, click here', 'buy cheap followers for your Instagram',
    'we offer SEO services to rank your website on page one', 'congratulations, you won a free iPhone',
    'invest in bitcoin and double your money today', 'hot singles in your area',
    'get 10k followers in 24 hours, dm us', 'best crypto trading signals, join our Telegram group',
    'casino bonus, play now and win big', 'we can design a new website for your business at a low price',
    'cheap loans without credit check, apply now', 'make money fast, limited spots, whatsapp me',
    'dear sir, we are a leading manufacturer from Shenzhen and offer the best price',
    'I have a business proposal of 10 million dollars for you'
  ]),
  ('spam', 'nl', ARRAY[
    'verdien 5000 euro per week vanuit huis', 'gefeliciteerd, u heeft een iPhone gewonnen',
    'investeer in bitcoin en verdubbel uw geld', 'koop goedkope volgers voor Instagram',
    'wij brengen uw website op de eerste pagina van Google'
  ]),
  ('spam', 'pt', ARRAY[
    'ganhe 5000 reais por semana sem sair de casa', 'parabéns, você ganhou um iPhone',
    'invista em bitcoin e dobre seu dinheiro', 'compre seguidores para o Instagram',
    'renda extra garantida, entre no grupo do Telegram', 'colocamos seu site na primeira página do Google'
  ]),
  ('spam', 'de', ARRAY[
    'verdienen Sie 5000 Euro pro Woche von zu Hause', 'Glückwunsch, Sie haben ein iPhone gewonnen',
    'investieren Sie in Bitcoin und verdoppeln Sie Ihr Geld', 'kaufen Sie günstige Follower für Instagram',
    'wir bringen Ihre Webseite auf Seite eins bei Google'
  ]),
  ('spam', 'es', ARRAY[
    'gana 5000 dólares a la semana desde casa', 'felicidades, has ganado un iPhone',
    'invierte en bitcoin y duplica tu dinero', 'compra seguidores para Instagram',
    'posicionamos su web en la primera página de Google'
  ]),
  ('spam', 'fr', ARRAY[
    'gagnez 5000 euros par semaine depuis chez vous', 'félicitations, vous avez gagné un iPhone',
    'investissez dans le bitcoin et doublez votre argent', 'achetez des abonnés Instagram pas cher',
    'nous plaçons votre site en première page de Google'
  ]),
  ('human_request', 'en', ARRAY[
    'I want to talk to a human', 'can I speak to a real person?', 'connect me with an agent please',
    'I don''t want to chat with a bot', 'please call me back', 'can someone from your team call me?',
    'is there a phone number I can call?', 'let me speak to your manager', 'transfer me to customer service',
    'are you a robot?', 'I need to talk to someone in person', 'operator please', 'please call me',
    'could you call me back today?', 'is there a human I can chat with?',
    'I would like to speak with a member of staff', 'give me a real person, not a robot',
    'let me talk to someone from the team'
  ]),
  ('human_request', 'nl', ARRAY[
    'ik wil met een medewerker spreken', 'kan ik een echt persoon spreken?', 'kunt u mij terugbellen?',
    'ik wil niet met een bot praten', 'verbind mij door met een collega', 'mag ik de manager spreken?',
    'kan iemand mij bellen?', 'ik wil een mens spreken, geen robot', 'bel mij terug alstublieft'
  ]),
  ('human_request', 'pt', ARRAY[
    'quero falar com um atendente', 'posso falar com uma pessoa de verdade?', 'podem me ligar?',
    'não quero falar com robô', 'me transfere para um humano', 'quero falar com o gerente',
    'me liga por favor', 'quero falar com uma pessoa', 'alguém da equipe pode me ligar?'
  ]),
  ('human_request', 'de', ARRAY[
    'ich möchte mit einem Mitarbeiter sprechen', 'kann ich mit einem echten Menschen reden?',
    'können Sie mich bitte zurückrufen?', 'ich will nicht mit einem Bot schreiben',
    'verbinden Sie mich mit dem Kundenservice', 'ich möchte den Chef sprechen', 'bitte rufen Sie mich an',
    'ich möchte mit einer Person sprechen, nicht mit einem Roboter', 'kann mich jemand anrufen?'
  ]),
  ('human_request', 'es', ARRAY[
    'quiero hablar con una persona', '¿puedo hablar con un agente?', '¿me pueden llamar por teléfono?',
    'no quiero hablar con un robot', 'páseme con un humano', 'quiero hablar con el encargado',
    'llámenme por favor', 'quiero hablar con alguien de verdad', '¿alguien me puede llamar?'
  ]),
  ('human_request', 'fr', ARRAY[
    'je veux parler à un humain', 'puis-je parler à un conseiller ?', 'pouvez-vous me rappeler ?',
    'je ne veux pas parler à un robot', 'passez-moi quelqu''un du service client',
    'je veux parler au responsable', 'appelez-moi s''il vous plaît', 'je souhaite parler à quelqu''un',
    'quelqu''un peut-il m''appeler ?'
  ]),
  ('vip_urgent', 'en', ARRAY[
    'this is urgent, I need an answer right now', 'URGENT: please respond immediately',
    'I am one of your VIP customers and I expect better', 'as a platinum member I expect an answer today',
    'I have been a loyal customer for ten years and need this solved now',
    'emergency, please help as soon as possible',
    'our event starts in two hours and nothing has been delivered',
    'we are your biggest client, I need a call in the next hour',
    'I need this fixed today or I cancel our contract', 'it is very urgent, my father is in hospital',
    'I''m a gold customer and still waiting, this is urgent',
    'ASAP please, this is critical for our business', 'please respond urgently, I am a VIP client',
    'I need help immediately, it is an emergency', 'very important customer here, answer now'
  ]),
  ('vip_urgent', 'nl', ARRAY[
    'dit is dringend, ik heb nu een antwoord nodig', 'ik ben VIP-klant en verwacht beter',
    'spoed, help mij zo snel mogelijk', 'wij zijn al tien jaar klant, los dit vandaag op',
    'noodgeval, reageer direct alstublieft', 'het is dringend, bel me direct',
    'ik heb spoed, reageer alstublieft meteen'
  ]),
  ('vip_urgent', 'pt', ARRAY[
    'é urgente, preciso de uma resposta agora', 'sou cliente VIP e espero mais de vocês',
    'emergência, me ajudem o mais rápido possível', 'sou cliente há dez anos, resolvam isso hoje',
    'urgente, respondam imediatamente', 'preciso de ajuda imediatamente, é urgente',
    'sou VIP, respondam agora'
  ]),
  ('vip_urgent', 'de', ARRAY[
    'es ist dringend, ich brauche sofort eine Antwort', 'ich bin VIP-Kunde und erwarte mehr',
    'Notfall, bitte helfen Sie so schnell wie möglich',
    'wir sind seit zehn Jahren Kunde, lösen Sie das heute', 'dringend, bitte sofort melden',
    'ich brauche sofort Hilfe, es ist ein Notfall', 'als VIP erwarte ich sofort eine Antwort'
  ]),
  ('vip_urgent', 'es', ARRAY[
    'es urgente, necesito una respuesta ya', 'soy cliente VIP y espero algo mejor',
    'emergencia, ayúdenme lo antes posible', 'soy cliente desde hace diez años, soluciónenlo hoy',
    'urgente, respondan de inmediato', 'necesito ayuda inmediata, es una emergencia', 'soy VIP, respondan ya'
  ]),
  ('vip_urgent', 'fr', ARRAY[
    'c''est urgent, j''ai besoin d''une réponse maintenant', 'je suis client VIP et j''attends mieux',
    'urgence, aidez-moi le plus vite possible', 'je suis client depuis dix ans, réglez cela aujourd''hui',
    'urgent, répondez immédiatement', 'j''ai besoin d''aide immédiatement, c''est une urgence',
    'je suis VIP, répondez tout de suite'
  ])
) AS phrases (intent, language, contents) USING (intent),
LATERAL pg_catalog.unnest(contents) WITH ORDINALITY AS phrase (content, place)
ORDER BY intent, language, place;

-- The classifier that a fresh database decides with.
SELECT frontdesk.train_classifier('shipped');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.classifier_examples', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.classifiers', 'WHERE NOT builtin');

INSERT INTO frontdesk.secret_kinds (kind, function, comment) VALUES
  ('provider', 'provider_purposes', 'provider:<name>, the key of a provider');

INSERT INTO frontdesk.checks (name, function, comment) VALUES
  ('providers', 'provider_problems', 'keys and addresses of providers');

DELETE FROM frontdesk.providers WHERE builtin;
INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings, builtin) VALUES
  (0, 'openai', 'openai', 'https://api.openai.com', '{}', true),
  (0, 'anthropic', 'anthropic', 'https://api.anthropic.com', '{}', true),
  (0, 'local', 'local', '', '{}', true);

DELETE FROM frontdesk.model_prices WHERE builtin;
INSERT INTO frontdesk.model_prices (model, valid_from, input, cached_input, cache_write, output, builtin) VALUES
  ('gpt-6-astra', '2026-09-03', 10, 1.00, 12.50, 50, true),
  ('gpt-6.1-sol', '2026-09-29', 2, 0.10, 2.50, 10, true),
  ('gpt-6-sol', '2026-09-22', 2, 0.20, 2.50, 10, true),
  ('gpt-6.1-terra', '2026-10-26', 1, 0.05, 1.25, 5, true),
  ('gpt-6-luna', '2026-09-22', 0.10, 0.01, 0.125, 0.50, true),
  ('gpt-5.6-sol', '2026-08-21', 5, 0.50, 6.25, 30, true),
  ('gpt-5.6-terra', '2026-07-30', 2, 0.20, 2.50, 12, true),
  ('gpt-5.6-luna', '2026-07-30', 0.20, 0.02, 0.25, 1.20, true),
  ('gpt-5.5', '2026-08-21', 5, 0.50, 5, 30, true),
  ('gpt-5.4', '2026-08-21', 2.50, 0.25, 2.50, 15, true),
  ('gpt-5.4-mini', '2026-08-21', 0.75, 0.075, 0.75, 4.50, true),
  ('gpt-5.4-nano', '2026-08-21', 0.20, 0.02, 0.20, 1.25, true),
  ('gpt-4.1', '2026-08-21', 2, 0.50, 2, 8, true),
  ('gpt-4.1-mini', '2026-08-21', 0.40, 0.10, 0.40, 1.60, true),
  ('gpt-4o', '2026-08-05', 2.50, 1.25, 2.50, 10, true),
  ('gpt-4o-mini', '2026-08-05', 0.15, 0.075, 0.15, 0.60, true),
  ('claude-fable-5-1', '2026-09-01', 10, 0.25, 12.50, 50, true),
  ('claude-fable-5', '2026-08-22', 10, 1.00, 12.50, 50, true),
  ('claude-opus-5-5', '2026-09-22', 4, 0.20, 5, 20, true),
  ('claude-opus-5', '2026-08-22', 5, 0.50, 6.25, 25, true),
  ('claude-opus-4-8', '2026-08-22', 5, 0.50, 6.25, 25, true),
  ('claude-opus-4-7', '2026-08-22', 5, 0.50, 6.25, 25, true),
  ('claude-opus-4-6', '2026-08-22', 5, 0.50, 6.25, 25, true),
  ('claude-opus-4-5', '2026-08-22', 5, 0.50, 6.25, 25, true),
  ('claude-sonnet-5-5', '2026-09-28', 2, 0.20, 2.50, 10, true),
  ('claude-sonnet-5-5', '2026-10-07', 2, 0.10, 2.50, 10, true),
  ('claude-sonnet-5', '2026-08-22', 2, 0.20, 2.50, 10, true),
  ('claude-sonnet-4-6', '2026-08-22', 3, 0.30, 3.75, 15, true),
  ('claude-sonnet-4-5', '2026-08-22', 3, 0.30, 3.75, 15, true),
  ('claude-haiku-5-5', '2026-10-07', 0.10, 0.01, 0.125, 0.50, true),
  ('claude-haiku-4-5', '2026-08-22', 1, 0.10, 1.25, 5, true);

SELECT pg_catalog.pg_extension_config_dump('frontdesk.providers', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.agents', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.model_prices', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.knowledge', 'WHERE NOT builtin');
