package pe.vuce.ejemplo;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class Componente {

    public static void main(String[] args) {
        SpringApplication.run(Componente.class, args);
    }
}
